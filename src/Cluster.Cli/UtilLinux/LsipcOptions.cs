using System.CommandLine.Parsing;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;
using Cluster.Cli.Kinds;
using Cluster.Cli.Output;

namespace Cluster.Cli.UtilLinux;

/// <summary>The options of lsipc(1).</summary>
internal sealed class LsipcOptions
{
    private static readonly Dictionary<string, TimeStyle> Styles = new()
    {
        ["short"] = TimeStyle.Short, ["full"] = TimeStyle.Full, ["iso"] = TimeStyle.Iso,
    };

    private readonly KindOptions<CliKind> _kinds = new([.. CliKinds.By(order => order.Shown), .. CliKinds.Named]);
    private readonly Option<bool> _global = Flag("--global", "-g", "The limits, and what is used of them");

    private readonly Option<int?> _id = CommonOptions.Id(
        "--id", $"Details of the object with this id, with {Words.List(Letters(CliKinds.SystemV), "or")}", "-i");

    private readonly Option<string?> _name = new("--name", "-N")
    {
        HelpName = "NAME",
        Description = $"Details of the object with this name, with {Words.List(Letters(CliKinds.Named), "or")}",
    };

    private readonly Option<bool> _headless = new("--noheadings") { Description = "Without the names of the columns" };

    private readonly Option<bool> _whole = new("--notruncate")
    {
        Description = "Do not cut cells (no cell is cut anyway)",
    };

    private readonly Option<TimeStyle?> _time = new("--time-format")
    {
        HelpName = "FORMAT",
        Description = "Times as short, full or iso [default: short; full in details]",
        CustomParser = result => Words.Read<TimeStyle>(result, Styles.TryGetValue, "short, full or iso"),
    };

    private readonly Option<bool> _bytes = Flag("--bytes", "-b", "Sizes in bytes rather than as 15.8K");
    private readonly Option<bool> _creator = Flag("--creator", "-c", "Creators and owners");
    private readonly Option<bool> _export = Flag("--export", "-e", "Lines of NAME=\"value\", for eval of a shell");
    private readonly Option<bool> _json = new("-J") { Description = "As --json" };
    private readonly Option<bool> _newline = Flag("--newline", "-n", "Each NAME=\"value\" in a line of its own");
    private readonly Option<bool> _list = Flag("--list", "-l", "A table, also with --id");

    private readonly Option<string?> _output = new("--output", "-o")
    {
        HelpName = "LIST",
        Description = "The columns, separated by commas; with + in front, in addition to the usual ones",
    };

    private readonly Option<bool> _numeric = Flag("--numeric-perms", "-P", "Permissions as numbers");
    private readonly Option<bool> _raw = Flag("--raw", "-r", "Words separated by single spaces");
    private readonly Option<bool> _times = Flag("--time", "-t", "Times of the last calls and of the last change");
    private readonly Option<bool> _shell = Flag("--shell", "-y", "Names that a shell can have as variables: USE_PCT");

    /// <summary>Adds the options, and the checks of their combinations.</summary>
    public void AddTo(Command command)
    {
        _kinds.AddTo(command);
        Option[] options =
        [
            _global, _id, _name, _headless, _whole, _time, _bytes, _creator, _export, _json, _newline, _list, _output,
            _numeric, _raw, _times, _shell,
        ];
        foreach (var option in options) command.Add(option);
        command.Validators.Add(Validate);
    }

    /// <summary>The kind to list; null: the summary of all kinds.</summary>
    public CliKind? Kind(ParseResult parsed) => HasKind(parsed.GetValue) ? _kinds.Kinds(parsed)[0] : null;

    /// <summary>The kinds of the summary.</summary>
    public IReadOnlyList<CliKind> Kinds(ParseResult parsed) => _kinds.Kinds(parsed);

    public int? Id(ParseResult parsed) => parsed.GetValue(_id);

    public string? Name(ParseResult parsed) => parsed.GetValue(_name);

    public bool IsSummary(ParseResult parsed) => parsed.GetValue(_global) || !HasKind(parsed.GetValue);

    public bool HasHeadings(ParseResult parsed) => !parsed.GetValue(_headless);

    public bool IsForShell(ParseResult parsed) => parsed.GetValue(_shell);

    public SizeUnit Unit(ParseResult parsed) => parsed.GetValue(_bytes) ? SizeUnit.Bytes : SizeUnit.Human;

    public LsipcMode Mode(ParseResult parsed, bool json)
    {
        if (json || parsed.GetValue(_json)) return LsipcMode.Json;
        if (parsed.GetValue(_export)) return LsipcMode.Export;
        if (parsed.GetValue(_newline)) return LsipcMode.Newline;
        if (parsed.GetValue(_raw)) return LsipcMode.Raw;
        var isOne = Id(parsed) is not null || Name(parsed) is not null;
        return !isOne || parsed.GetValue(_list) ? LsipcMode.Table : LsipcMode.Details;
    }

    public LsipcStyle Style(ParseResult parsed, LsipcMode mode)
    {
        var usual = mode == LsipcMode.Details ? TimeStyle.Full : TimeStyle.Short;
        return new LsipcStyle(parsed.GetValue(_time) ?? usual, parsed.GetValue(_numeric));
    }

    public LsipcColumns Columns(ParseResult parsed, LsipcMode mode) => new()
    {
        Kind = Kind(parsed),
        IsSummary = IsSummary(parsed),
        IsDetails = mode == LsipcMode.Details,
        WithCreator = parsed.GetValue(_creator),
        WithTimes = parsed.GetValue(_times),
        Output = parsed.GetValue(_output),
    };

    private void Validate(CommandResult result)
    {
        var kind = _kinds.First(result.GetValue);
        if (_kinds.Count(result.GetValue) > 1)
        {
            var kinds = _kinds.All(result.GetValue).OfType<NamedKind>().OrderBy(each => each.Names.Letter)
                .Concat<CliKind>(CliKinds.By(order => order.Made)).Select(each => $"--{each.Names.Option}s");
            result.AddError($"lsipc: mutually exclusive arguments: {string.Join(' ', kinds)}");
        }

        Exclude(result, "--json --export --list --newline --raw", _json, _export, _list, _newline, _raw);
        Exclude(result, "--global --id", _global, _id);
        Exclude(result, "--global --name", _global, _name);
        // lsipc says so, and accepts --creator with both.
        Exclude(result, "--creator --output --time", _output, _times);
        var isAlone = !HasKind(result.GetValue);
        if (isAlone && (IsGiven(result, _creator) || IsGiven(result, _id) || IsGiven(result, _times)))
            result.AddError("lsipc: --global is mutually exclusive with --creator, --id and --time");
        if (isAlone && IsGiven(result, _name)) result.AddError("lsipc: --global is mutually exclusive with --name");
        if (kind is NamedKind && IsGiven(result, _id))
            result.AddError($"lsipc: -{kind.Names.Letter} takes --name, not --id");
        if (kind is SystemVKind && IsGiven(result, _name))
            result.AddError($"lsipc: -{kind.Names.Letter} takes --id, not --name");
        if (result.Errors.Any() || !IsGiven(result, _output)) return;
        try
        {
            new LsipcColumns
            {
                Kind = kind,
                IsSummary = isAlone || IsGiven(result, _global),
                Output = result.GetValue(_output),
            }.Choose();
        }
        catch (UsageException exception)
        {
            result.AddError(exception.Message);
        }
    }

    private static void Exclude(CommandResult result, string names, params Option[] options)
    {
        if (options.Count(option => IsGiven(result, option)) > 1)
            result.AddError($"lsipc: mutually exclusive arguments: {names}");
    }

    private static IEnumerable<string> Letters(IEnumerable<CliKind> kinds) =>
        kinds.Select(kind => $"-{kind.Names.Letter}");

    private bool HasKind(Func<Option<bool>, bool> isGiven) => _kinds.Count(isGiven) > 0;

    private static bool IsGiven(CommandResult result, Option option) => result.GetResult(option) is { Implicit: false };

    private static Option<bool> Flag(string name, string letter, string description) =>
        new(name, letter) { Description = description };
}
