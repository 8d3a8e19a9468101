namespace Cluster.Cli.Kinds;

/// <summary>A file of /proc/sys/kernel with one or more limits of a kind.</summary>
/// <param name="Name">The file's name: msgmax.</param>
/// <param name="Limits">The limits in the file, in their order.</param>
/// <param name="Expected">What a user may write there: "a number from 0 to 16777216".</param>
internal sealed record KernelFile(string Name, IReadOnlyList<LimitRow> Limits, string Expected)
{
    /// <summary>A file with one limit.</summary>
    public static KernelFile Of(LimitRow limit) =>
        new(limit.Name, [limit], $"a number from 0 to {(ulong?)limit.Highest ?? ulong.MaxValue}");
}
