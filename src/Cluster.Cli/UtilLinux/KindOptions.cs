using System.CommandLine.Parsing;
using Cluster.Cli.Kinds;

namespace Cluster.Cli.UtilLinux;

/// <summary>-q, -m, -s: the kinds of objects that a command shows.</summary>
internal sealed class KindOptions
{
    private readonly (CliKind Kind, Option<bool> Option)[] _options =
        [.. CliKinds.By(order => order.Shown).Select(kind => (kind, Create(kind.Names)))];

    public void AddTo(Command command)
    {
        foreach (var (_, option) in _options) command.Add(option);
    }

    /// <summary>How many kinds are named.</summary>
    public int Count(Func<Option<bool>, bool> isGiven) => _options.Count(each => isGiven(each.Option));

    /// <summary>
    /// The kinds to show, in the order of ipcs: those that are named, or those of sysvipc(7) if none is.
    /// </summary>
    public IReadOnlyList<CliKind> Kinds(ParseResult parsed, bool all = false)
    {
        all |= Count(parsed.GetValue) == 0;
        return
        [
            .. _options.Where(each => parsed.GetValue(each.Option) || (all && each.Kind.IsSystemV))
                .Select(each => each.Kind),
        ];
    }

    /// <summary>The first kind that is named; null: none is.</summary>
    public CliKind? First(Func<Option<bool>, bool> isGiven) =>
        _options.Where(each => isGiven(each.Option)).Select(each => each.Kind).FirstOrDefault();

    private static Option<bool> Create(KindNames names) => new($"--{names.Option}s", $"-{names.Letter}")
    {
        Description = $"{char.ToUpperInvariant(names.Noun[0])}{names.Noun[1..]}s",
    };
}
