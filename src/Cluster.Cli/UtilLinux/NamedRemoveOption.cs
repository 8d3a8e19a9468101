using Cluster.Cli.Kinds;

namespace Cluster.Cli.UtilLinux;

/// <summary>The option of ipcrm(1) for a kind whose objects have names: --posix-mqueue.</summary>
internal sealed class NamedRemoveOption(NamedKind kind)
{
    public NamedKind Kind { get; } = kind;

    public Option<string[]> Names { get; } = new($"--{kind.Names.Option}")
    {
        HelpName = "NAME",
        Description = $"Remove the {kind.Names.Noun} with this name; may be repeated",
        AllowMultipleArgumentsPerToken = true,
    };
}
