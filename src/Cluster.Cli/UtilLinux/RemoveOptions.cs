using System.CommandLine.Parsing;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Kinds;

namespace Cluster.Cli.UtilLinux;

/// <summary>The options of ipcrm(1) for one kind.</summary>
internal sealed class RemoveOptions
{
    public RemoveOptions(SystemVKind kind)
    {
        Kind = kind;
        var names = kind.Names;
        var noun = names.RemovedNoun ?? names.Noun;
        Ids = new Option<int[]>(ObjectOptions.NameOf(kind), $"-{names.Letter}")
        {
            HelpName = "ID",
            Description = $"Remove the {noun} with this id; may be repeated",
            AllowMultipleArgumentsPerToken = true,
            CustomParser = result => Words.Numbers(result, 0, int.MaxValue),
        };
        Keys = new Option<NamedKey[]>($"--{names.Option}-key", $"-{char.ToUpperInvariant(names.Letter)}")
        {
            HelpName = "KEY",
            Description = $"Remove the {noun} with this key; may be repeated",
            AllowMultipleArgumentsPerToken = true,
            CustomParser = result =>
                Words.ReadAll<NamedKey>(result, TryKey, "a key such as 42, 052 or 0x2a (0 is none)"),
        };
    }

    public SystemVKind Kind { get; }

    public Option<int[]> Ids { get; }

    public Option<NamedKey[]> Keys { get; }

    public void AddTo(Command command)
    {
        command.Add(Ids);
        command.Add(Keys);
    }

    public bool IsGiven(CommandResult result) =>
        result.GetResult(Ids) is not null || result.GetResult(Keys) is not null;

    private static bool TryKey(string text, out NamedKey key)
    {
        var isKey = Parsing.TrySigned(text, out var number) && number is >= int.MinValue and <= uint.MaxValue
            && number != IpcFlags.IPC_PRIVATE;
        key = new NamedKey((int)number, text);
        return isKey;
    }
}
