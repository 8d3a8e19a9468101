using Cluster.Protocol;

namespace Cluster.Core.Namespaces;

/// <summary>
/// The limits that a namespace has, their defaults and ranges. A namespace has its parent's value until it sets its own.
/// </summary>
public static class NamespaceLimits
{
    /// <summary>Names of the limits, as below kernel. in sysctl(8).</summary>
    public static IReadOnlyList<string> Names { get; } = ["msgmax", "msgmnb", "msgmni"];

    /// <summary>Linux's defaults: proc(5), /proc/sys/kernel/msgmax and so on.</summary>
    public static Limits Defaults => new() { Msgmax = 8192, Msgmnb = 16384, Msgmni = 32000 };

    /// <summary>Whether the limit exists and may have this value.</summary>
    public static bool IsValid(string name, long value) => name switch
    {
        "msgmax" => value is >= 0 and <= Bounds.MessageBytes,
        "msgmnb" => value is >= 0 and <= int.MaxValue,
        "msgmni" => value is >= 0 and <= 1 << 24,
        _ => false,
    };

    /// <summary>The limits of a namespace from its own and its ancestors' values, the root's first.</summary>
    public static Limits Effective(IEnumerable<IReadOnlyDictionary<string, long>> path)
    {
        var limits = Defaults;
        foreach (var own in path)
        {
            if (own.TryGetValue("msgmax", out var msgmax)) limits.Msgmax = msgmax;
            if (own.TryGetValue("msgmnb", out var msgmnb)) limits.Msgmnb = msgmnb;
            if (own.TryGetValue("msgmni", out var msgmni)) limits.Msgmni = msgmni;
        }

        return limits;
    }
}
