using Cluster.Cli.Output;

namespace Cluster.Cli.Kinds;

/// <summary>Where a view of objects comes from, and how it is shown.</summary>
/// <param name="Ipc">The process that looks.</param>
/// <param name="Unit">The unit of sizes.</param>
/// <param name="Now">The time: lsipc shows the times of today without the date.</param>
/// <param name="Style">How lsipc shows cells.</param>
internal readonly record struct Viewer(IIpcClient Ipc, SizeUnit Unit, DateTimeOffset Now, LsipcStyle Style = default)
{
    /// <summary>A time as lsipc shows it; null: it is not set.</summary>
    public string? Time(long seconds) => LsipcFormat.Time(seconds, Style, Now);
}
