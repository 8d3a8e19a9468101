using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;

namespace Cluster.Cli.Kinds;

/// <summary>A file with one or more limits.</summary>
/// <param name="Name">The name in sysctl(8).</param>
/// <param name="Limits">The limits in the file, in their order.</param>
/// <param name="Expected">What a user may write there.</param>
internal sealed record LimitsFile(string Name, IReadOnlyList<LimitRow> Limits, string Expected)
    : KernelFile(Name, Expected)
{
    public override async Task<JsonNode[]> ReadAsync(IIpcClient ipc, CancellationToken cancelled)
    {
        var wire = (await ipc.Namespace.GetLimitsAsync(cancelled)).ToWire();
        return [.. Limits.Select(row => Json(row, row.Get(wire)))];
    }

    /// <remarks>
    /// The numbers are in the notation of C (0x10, 010). There may be fewer than limits: these are the first ones.
    /// </remarks>
    public override bool TryParse(string text, out long[] values)
    {
        var words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        values = new long[words.Length];
        if (words.Length == 0 || words.Length > Limits.Count) return false;
        for (var i = 0; i < words.Length; i++)
        {
            if (!TryParse(Limits[i], words[i], out values[i])) return false;
        }

        return true;
    }

    /// <remarks>
    /// One after another, as Linux sets the numbers of kernel.sem: those before an invalid one are set.
    /// </remarks>
    public override async Task WriteAsync(IIpcClient ipc, long[] values, CancellationToken cancelled)
    {
        foreach (var (limit, value) in Limits.Zip(values))
            await ipc.Namespace.SetLimitAsync(limit.Name, value, cancelled);
    }

    public override async Task InheritAsync(IIpcClient ipc, CancellationToken cancelled)
    {
        foreach (var limit in Limits) await ipc.Namespace.InheritLimitAsync(limit.Name, cancelled);
    }

    private static bool TryParse(LimitRow row, string word, out long value)
    {
        if (!IsUnsigned(row)) return Parsing.TrySigned(word, out value);
        var isNumber = Parsing.TryUnsigned(word, out var bits);
        value = (long)bits;
        return isNumber;
    }

    private static JsonNode Json(LimitRow row, long value) =>
        IsUnsigned(row) ? JsonValue.Create((ulong)value) : JsonValue.Create(value);

    // The value of an unsigned limit travels as its 64 bits.
    private static bool IsUnsigned(LimitRow row) => row.Highest is null;
}
