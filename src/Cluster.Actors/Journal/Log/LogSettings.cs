namespace Cluster.Actors.Journal.Log;

/// <summary>The bounds of the log.</summary>
/// <param name="Node">The name of the node: two nodes of one name never run at once.</param>
/// <param name="LogBytes">A stretch of the log of this size is compacted, in bytes.</param>
/// <param name="IdleBytes">An idle writer compacts a stretch of this size.</param>
internal sealed record LogSettings(string Node, long LogBytes = 32 << 20, long IdleBytes = 1 << 20);
