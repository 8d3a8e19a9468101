using Cluster.Protocol;

namespace Cluster.Core.Namespaces;

/// <summary>
/// The limits that a namespace has, their defaults and ranges. A namespace has its parent's value until it sets its
/// own.
/// </summary>
public static class NamespaceLimits
{
    /// <summary>Names of the limits, as below kernel. in sysctl(8).</summary>
    public static IReadOnlyList<string> Names { get; } = 
        ["msgmax", "msgmnb", "msgmni", "semmsl", "semmns", "semopm", "semmni", "shmmax", "shmall", "shmmni"];

    /// <summary>The default of shmmax and of shmall (&lt;linux/shm.h&gt;: ULONG_MAX - (1UL &lt;&lt; 24)).</summary>
    public const ulong AlmostUnlimited = ulong.MaxValue - (1UL << 24);

    /// <summary>Linux's defaults: proc(5), /proc/sys/kernel/msgmax and so on.</summary>
    public static Limits Defaults => new()
    {
        Msgmax = 8192,
        Msgmnb = 16384,
        Msgmni = 32000,
        Semmsl = 32000,
        Semmns = 1_024_000_000,
        Semopm = 500,
        Semmni = 32000,
        Shmmax = AlmostUnlimited,
        Shmall = AlmostUnlimited,
        Shmmni = 4096,
    };

    /// <summary>
    /// Whether the limit exists and may have this value. shmmax and shmall are unsigned: all 64 bits are theirs.
    /// </summary>
    public static bool IsValid(string name, long value) => name switch
    {
        "shmmax" or "shmall" => true,
        _ => Bounds.HighestOf(name) is { } highest && value >= 0 && value <= highest,
    };

    /// <summary>What a value that is not valid fails with: ipc/ipc_sysctl.c has another one for semmni.</summary>
    public static Errno WhyNot(string name) => name == "semmni" ? Errno.ERANGE : Errno.EINVAL;

    /// <summary>The limits of a namespace from its own and its ancestors' values, the root's first.</summary>
    public static Limits Effective(IEnumerable<IReadOnlyDictionary<string, long>> path)
    {
        var limits = Defaults;
        foreach (var own in path)
        {
            foreach (var (name, value) in own) Set(limits, name, value);
        }

        return limits;
    }

    private static void Set(Limits limits, string name, long value)
    {
        switch (name)
        {
            case "msgmax":
                limits.Msgmax = value;
                break;
            case "msgmnb":
                limits.Msgmnb = value;
                break;
            case "msgmni":
                limits.Msgmni = value;
                break;
            case "semmsl":
                limits.Semmsl = value;
                break;
            case "semmns":
                limits.Semmns = value;
                break;
            case "semopm":
                limits.Semopm = value;
                break;
            case "semmni":
                limits.Semmni = value;
                break;
            case "shmmax":
                limits.Shmmax = (ulong)value;
                break;
            case "shmall":
                limits.Shmall = (ulong)value;
                break;
            case "shmmni":
                limits.Shmmni = value;
                break;
        }
    }
}
