using Cluster.Cli.CommandLine;

namespace Cluster.Cli.Kinds;

/// <summary>How often a receive verb receives, and how it writes a message.</summary>
internal sealed class RepeatOptions
{
    private readonly Option<long> _count = new("--count")
    {
        HelpName = "N",
        Description = "How many, one after the other",
        DefaultValueFactory = _ => 1,
        CustomParser = result => Words.Number(result, 1, long.MaxValue),
    };

    private readonly Option<bool> _follow = new("--follow")
    {
        Description = "One after the other, until interrupted",
    };

    public Option<bool> Raw { get; } = new("--raw") { Description = "Write exactly the bytes, without a newline" };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _count, _follow, Raw }) command.Add(option);
        command.Exclude(_count, _follow);
    }

    /// <summary>How many messages to receive.</summary>
    public long Times(ParseResult parsed) => parsed.GetValue(_follow) ? long.MaxValue : parsed.GetValue(_count);
}
