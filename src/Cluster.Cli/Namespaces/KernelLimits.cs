using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Kinds;

namespace Cluster.Cli.Namespaces;

/// <summary>The files of /proc/sys/kernel about System V IPC, in the order of sysctl -a.</summary>
internal static class KernelLimits
{
    public static IReadOnlyList<KernelFile> Files { get; } =
        [.. CliKinds.All.SelectMany(kind => kind.KernelFiles).OrderBy(file => file.Name, StringComparer.Ordinal)];

    /// <summary>The file with a name such as msgmax; null: there is none.</summary>
    public static KernelFile? Find(string name) => Files.FirstOrDefault(file => file.Name == name);

    /// <summary>The contents of the file without the newline.</summary>
    public static string Text(this KernelFile file, NamespaceLimits limits) =>
        string.Join('\t', file.Limits.Select(row => Text(row, row.Get(limits.ToWire()))));

    /// <summary>A number, or an array if the file has several.</summary>
    public static JsonNode Json(this KernelFile file, NamespaceLimits limits)
    {
        var wire = limits.ToWire();
        JsonNode[] numbers = [.. file.Limits.Select(row => Json(row, row.Get(wire)))];
        return numbers is [var one] ? one : new JsonArray(numbers);
    }

    /// <summary>
    /// The values of a file in the notation of C (0x10, 010). There may be fewer numbers than limits: these are the
    /// first ones.
    /// </summary>
    public static bool TryParse(this KernelFile file, string text, out long[] values)
    {
        var words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        values = new long[words.Length];
        if (words.Length == 0 || words.Length > file.Limits.Count) return false;
        for (var i = 0; i < words.Length; i++)
        {
            if (!TryParse(file.Limits[i], words[i], out values[i])) return false;
        }

        return true;
    }

    private static bool TryParse(LimitRow row, string word, out long value)
    {
        if (!IsUnsigned(row)) return Parsing.TrySigned(word, out value);
        var isNumber = Parsing.TryUnsigned(word, out var bits);
        value = (long)bits;
        return isNumber;
    }

    private static string Text(LimitRow row, long value) => IsUnsigned(row)
        ? ((ulong)value).ToString(CultureInfo.InvariantCulture)
        : value.ToString(CultureInfo.InvariantCulture);

    private static JsonNode Json(LimitRow row, long value) =>
        IsUnsigned(row) ? JsonValue.Create((ulong)value) : JsonValue.Create(value);

    // The value of an unsigned limit travels as its 64 bits.
    private static bool IsUnsigned(LimitRow row) => row.Highest is null;
}
