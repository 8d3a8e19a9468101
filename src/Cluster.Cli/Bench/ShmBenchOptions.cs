namespace Cluster.Cli.Bench;

/// <summary>What to measure of shared memory.</summary>
/// <param name="Load">What the kinds have in common; the payload is that of a write.</param>
/// <param name="Writes">Writes of the payload rather than additions to words.</param>
/// <param name="SequentialBytes">The size of a segment to write and read from end to end instead; 0: none.</param>
internal sealed record ShmBenchOptions(BenchOptions Load, bool Writes, long SequentialBytes);
