using System.CommandLine;
using Cluster.Client;

namespace Cluster.Cli.Commands;

/// <summary>Options and arguments that several commands have.</summary>
internal static class CommonOptions
{
    /// <summary>0644, as ipcmk(1) has it.</summary>
    public const int DefaultMode = 0x1A4;

    /// <summary>The argument that names a queue.</summary>
    public static Argument<int> QueueId() => new("ID")
    {
        Description = "The queue's id (msqid)",
        CustomParser = result => Words.Number(result, 0, int.MaxValue),
    };

    /// <summary>The permissions of what is made.</summary>
    public static Option<int?> Mode(params string[] aliases) => new("--mode", aliases)
    {
        HelpName = "MODE",
        Description = "Permissions, octal [default: 0644]",
        CustomParser = result => Words.Read<int>(result, Parsing.TryMode, "a mode such as 0600"),
    };

    /// <summary>A volatile object rather than one with a journal.</summary>
    public static Option<bool> Volatile() => new("--volatile")
    {
        Description = "Without a journal: as fast as memory, gone with its node",
    };

    /// <summary>What the option of <see cref="Volatile"/> says.</summary>
    public static Durability Lives(ParseResult parsed, Option<bool> isVolatile) =>
        parsed.GetValue(isVolatile) ? Durability.Volatile : Durability.Durable;

    /// <summary>How long a call may block.</summary>
    public static Option<TimeSpan?> Timeout(string whatFor) => new("--timeout")
    {
        HelpName = "TIME",
        Description = $"How long to wait{whatFor}: 500ms, 10s, 2m [default: for ever]",
        CustomParser = result =>
            Words.Read<TimeSpan>(result, Parsing.TryDuration, "a duration such as 500ms, 10s or 2m"),
    };

    /// <summary>The new owner, or the new group, of what is set: --uid and --gid say who calls.</summary>
    public static Option<uint?> Owner(string name, string alias, string description) => new(name, alias)
    {
        HelpName = "ID",
        Description = description,
        CustomParser = result => Words.Number(result, 0u, Parsing.HighestId),
    };

    /// <summary>Refuses two options on one command line.</summary>
    public static void Exclude(this Command command, Option one, Option other) =>
        command.Validators.Add(result =>
        {
            if (result.GetResult(one) is { Implicit: false } && result.GetResult(other) is { Implicit: false })
                result.AddError($"{command.Name}: {one.Name} or {other.Name}, not both");
        });
}
