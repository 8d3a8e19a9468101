namespace Cluster.Journal;

/// <summary>A writer and the beginning of its log.</summary>
/// <param name="Writer">The writer.</param>
/// <param name="Node">The node that it runs on: two nodes of one name never run at once.</param>
/// <param name="Number">The last commit that is in segments; the base of the writer's numbers: none is.</param>
/// <param name="Sum">The checksum of that commit; 0: none.</param>
internal readonly record struct LogHead(long Writer, string Node, long Number, uint Sum);
