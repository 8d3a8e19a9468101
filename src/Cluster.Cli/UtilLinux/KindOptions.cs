using System.CommandLine.Parsing;
using Cluster.Cli.Kinds;

namespace Cluster.Cli.UtilLinux;

/// <summary>-q, -m, -s, -Q: the kinds of objects that a command shows.</summary>
/// <param name="known">The kinds that the command knows, in its order.</param>
internal sealed class KindOptions<TKind>(IEnumerable<TKind> known)
    where TKind : CliKind
{
    private readonly (TKind Kind, Option<bool> Option)[] _options =
        [.. known.Select(kind => (kind, Create(kind.Names)))];

    public void AddTo(Command command)
    {
        foreach (var (_, option) in _options) command.Add(option);
    }

    /// <summary>How many kinds are named.</summary>
    public int Count(Func<Option<bool>, bool> isGiven) => All(isGiven).Count();

    /// <summary>
    /// The kinds to show: those that are named, or those of sysvipc(7) if none is, because scripts read what ipcs(1)
    /// and lsipc(1) print without an option.
    /// </summary>
    public IReadOnlyList<TKind> Kinds(ParseResult parsed, bool all = false)
    {
        all |= Count(parsed.GetValue) == 0;
        return
        [
            .. _options.Where(each => parsed.GetValue(each.Option) || (all && each.Kind is SystemVKind))
                .Select(each => each.Kind),
        ];
    }

    /// <summary>The kinds that are named.</summary>
    public IEnumerable<TKind> All(Func<Option<bool>, bool> isGiven) =>
        _options.Where(each => isGiven(each.Option)).Select(each => each.Kind);

    /// <summary>The first kind that is named; null: none is.</summary>
    public TKind? First(Func<Option<bool>, bool> isGiven) => All(isGiven).FirstOrDefault();

    private static Option<bool> Create(KindNames names) => new($"--{names.Option}s", $"-{names.Letter}")
    {
        Description = $"{char.ToUpperInvariant(names.Noun[0])}{names.Noun[1..]}s",
    };
}
