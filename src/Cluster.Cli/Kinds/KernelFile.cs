using System.Text.Json.Nodes;

namespace Cluster.Cli.Kinds;

/// <summary>A file of /proc/sys about objects of a kind.</summary>
/// <param name="Name">The name in sysctl(8): kernel.msgmax.</param>
/// <param name="Expected">What a user may write there: "a number from 0 to 16777216".</param>
internal abstract record KernelFile(string Name, string Expected)
{
    /// <summary>A file with one limit.</summary>
    public static KernelFile Of(LimitRow limit) =>
        new LimitsFile(
            limit.Sysctl, [limit], $"a number from {limit.Lowest} to {(ulong?)limit.Highest ?? ulong.MaxValue}");

    /// <summary>The path below /proc/sys: kernel/msgmax.</summary>
    public string Path => Name.Replace('.', '/');

    /// <summary>The numbers of the file.</summary>
    public abstract Task<JsonNode[]> ReadAsync(IIpcClient ipc, CancellationToken cancelled);

    /// <summary>Parses what a user wrote.</summary>
    public abstract bool TryParse(string text, out long[] values);

    /// <summary>Writes numbers that <see cref="TryParse"/> has read.</summary>
    public abstract Task WriteAsync(IIpcClient ipc, long[] values, CancellationToken cancelled);

    /// <summary>Drops the namespace's own numbers, so that its parent's hold.</summary>
    public abstract Task InheritAsync(IIpcClient ipc, CancellationToken cancelled);

    /// <summary>The contents of the file without the newline.</summary>
    public static string Text(JsonNode[] numbers) => string.Join('\t', numbers.Select(number => number.ToJsonString()));

    /// <summary>A number, or an array if the file has several.</summary>
    public static JsonNode Json(JsonNode[] numbers) => numbers is [var one] ? one : new JsonArray(numbers);
}
