namespace Cluster.Cli.CommandLine;

/// <summary>Options and arguments that several commands have.</summary>
internal static class CommonOptions
{
    /// <summary>0644, the default of ipcmk(1).</summary>
    public const int DefaultMode = 0x1A4;

    /// <summary>The key of msgget(2) and its like.</summary>
    /// <param name="noun">The kind of object: "queue".</param>
    public static Argument<int> Key(string noun) => new("KEY")
    {
        Description = $"Decimal, or hexadecimal with 0x; 0 makes a {noun} without a key (IPC_PRIVATE)",
        CustomParser = result => Words.Read<int>(result, Parsing.TryKey, "a key such as 42 or 0x2a"),
    };

    /// <summary>The id of an object as an argument.</summary>
    public static Argument<int> Id(string description) => new("ID")
    {
        Description = description,
        CustomParser = result => Words.Number(result, 0, int.MaxValue),
    };

    /// <summary>The id of an object as an option.</summary>
    public static Option<int?> Id(string name, string description, params string[] aliases) => new(name, aliases)
    {
        HelpName = "ID",
        Description = description,
        CustomParser = result => Words.Number(result, 0, int.MaxValue),
    };

    /// <summary>The permissions of an object.</summary>
    public static Option<int?> Mode(string description = "Permissions, octal [default: 0644]") => new("--mode")
    {
        HelpName = "MODE",
        Description = description,
        CustomParser = result => Words.Read<int>(result, Parsing.TryMode, "a mode such as 0600"),
    };

    /// <summary>Makes a volatile object instead of one with a journal.</summary>
    public static Option<bool> Volatile() => new("--volatile")
    {
        Description = "Without a journal: as fast as memory, gone with its node",
    };

    /// <summary>The durability that the option of <see cref="Volatile"/> chooses.</summary>
    public static Durability Lives(ParseResult parsed, Option<bool> isVolatile) =>
        parsed.GetValue(isVolatile) ? Durability.Volatile : Durability.Durable;

    /// <summary>How long a call may block.</summary>
    public static Option<TimeSpan?> Timeout(string whatFor, string byDefault = "for ever") => new("--timeout")
    {
        HelpName = "TIME",
        Description = $"How long to wait{whatFor}: 500ms, 10s, 2m [default: {byDefault}]",
        CustomParser = result =>
            Words.Read<TimeSpan>(result, Parsing.TryDuration, "a duration such as 500ms, 10s or 2m"),
    };

    /// <summary>The new owner or group of an object. --uid and --gid are not free: they name the caller.</summary>
    public static Option<uint?> Owner(string name, string alias, string helpName, string description) =>
        new(name, alias)
        {
            HelpName = helpName,
            Description = description,
            CustomParser = result => Words.Number(result, 0u, Parsing.HighestId),
        };

    /// <summary>A whole number with a default.</summary>
    public static Option<int> Number(string name, string description, int value, int lowest, int highest) => new(name)
    {
        HelpName = "N",
        Description = description,
        DefaultValueFactory = _ => value,
        CustomParser = result => Words.Number(result, lowest, highest),
    };

    /// <summary>Refuses two options on one command line.</summary>
    public static void Exclude(this Command command, Option one, Option other) =>
        command.Validators.Add(result =>
        {
            if (result.GetResult(one) is { Implicit: false } && result.GetResult(other) is { Implicit: false })
                result.AddError($"{command.Name}: {one.Name} or {other.Name}, not both");
        });
}
