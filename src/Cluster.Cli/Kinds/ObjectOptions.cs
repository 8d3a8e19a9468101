using System.CommandLine.Parsing;
using Cluster.Cli.CommandLine;

namespace Cluster.Cli.Kinds;

/// <summary>
/// Names one object by its id, with an option for each kind: -q, --queue-id. The options of earlier versions are hidden
/// and still work.
/// </summary>
internal sealed class ObjectOptions
{
    private readonly (CliKind Kind, Option<int?> Id)[] _options =
    [
        .. CliKinds.All.Select(kind => (kind, CommonOptions.Id(
            NameOf(kind), $"The {kind.Names.Noun} with this id", $"-{kind.Names.Letter}"))),
        .. CliKinds.SystemV.Select(kind => ((CliKind)kind, Hidden(kind))),
    ];

    /// <summary>The name of a kind's option: --queue-id.</summary>
    public static string NameOf(CliKind kind) => $"--{kind.Names.Option}-id";

    public void AddTo(Command command)
    {
        foreach (var (_, option) in _options) command.Add(option);
    }

    /// <summary>The kinds whose options are given. One kind comes twice if both of its options are.</summary>
    public IReadOnlyList<CliKind> Given(CommandResult result) =>
        [.. _options.Where(each => result.GetResult(each.Id) is { Implicit: false }).Select(each => each.Kind)];

    /// <summary>The object; null: no option is given.</summary>
    public (CliKind Kind, int Id)? Find(ParseResult parsed)
    {
        foreach (var (kind, option) in _options)
        {
            if (parsed.GetValue(option) is { } id) return (kind, id);
        }

        return null;
    }

    private static Option<int?> Hidden(SystemVKind kind)
    {
        var option = CommonOptions.Id($"--{kind.Names.OldOption}", $"As {NameOf(kind)}");
        option.Hidden = true;
        return option;
    }
}
