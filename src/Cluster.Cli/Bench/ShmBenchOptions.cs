namespace Cluster.Cli.Bench;

/// <summary>What to measure about shared memory.</summary>
/// <param name="Kind">The word of the kind: shm or pshm.</param>
/// <param name="Load">The options that all kinds have. The payload is that of a write.</param>
/// <param name="Writes">Whether calls write the payload instead of adding to words.</param>
/// <param name="SequentialBytes">Not 0: write and read an object of this size from end to end instead.</param>
internal sealed record ShmBenchOptions(string Kind, BenchOptions Load, bool Writes, long SequentialBytes);
