using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Views;

/// <summary>The files of /proc/sys/kernel that are about System V IPC; kernel.sem holds four of the limits.</summary>
internal static class KernelLimits
{
    /// <summary>The files, in the order of sysctl -a.</summary>
    public static readonly string[] Names = ["msgmax", "msgmnb", "msgmni", "sem", "shmall", "shmmax", "shmmni"];

    private static readonly string[] SemNames = ["semmsl", "semmns", "semopm", "semmni"];

    /// <summary>The limits in a file, in their order.</summary>
    public static IReadOnlyList<string> In(string name) => name == "sem" ? SemNames : [name];

    /// <summary>What is in the file, without its newline.</summary>
    public static string Text(NamespaceLimits limits, string name) =>
        string.Join('\t', In(name).Select(limit => limit switch
        {
            "shmall" => limits.Shmall.ToString(CultureInfo.InvariantCulture),
            "shmmax" => limits.Shmmax.ToString(CultureInfo.InvariantCulture),
            _ => Number(limits, limit).ToString(CultureInfo.InvariantCulture),
        }));

    /// <summary>A number, or an array of four.</summary>
    public static JsonNode Json(NamespaceLimits limits, string name) => name switch
    {
        "sem" => new JsonArray([.. SemNames.Select(limit => (JsonNode)Number(limits, limit))]),
        "shmall" => limits.Shmall,
        "shmmax" => limits.Shmmax,
        _ => Number(limits, name),
    };

    /// <summary>
    /// The values of a file as a user writes them: numbers as C has them (0x10, 010); of kernel.sem any first few.
    /// </summary>
    public static bool TryParse(string name, string text, out long[] values)
    {
        var words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        values = new long[words.Length];
        if (words.Length == 0 || words.Length > In(name).Count) return false;
        for (var i = 0; i < words.Length; i++)
        {
            // These two are unsigned, and travel as their 64 bits.
            var isUnsigned = name is "shmmax" or "shmall";
            if (isUnsigned && Parsing.TryUnsigned(words[i], out var bits)) values[i] = (long)bits;
            else if (isUnsigned || !Parsing.TrySigned(words[i], out values[i])) return false;
        }

        return true;
    }

    /// <summary>What a value should have been.</summary>
    public static string Expected(string name) => name switch
    {
        "sem" => "one to four numbers such as '250 32000 32 128'",
        "shmmax" or "shmall" => $"a number from 0 to {ulong.MaxValue}",
        _ => $"a number from 0 to {LimitRow.Find(name)?.Highest}",
    };

    private static long Number(NamespaceLimits limits, string limit) => limit switch
    {
        "msgmax" => limits.Msgmax,
        "msgmnb" => limits.Msgmnb,
        "msgmni" => limits.Msgmni,
        "semmsl" => limits.Semmsl,
        "semmns" => limits.Semmns,
        "semopm" => limits.Semopm,
        "semmni" => limits.Semmni,
        _ => limits.Shmmni,
    };
}
