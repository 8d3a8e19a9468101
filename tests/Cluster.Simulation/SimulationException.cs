namespace Cluster.Simulation;

/// <summary>A promise does not hold in a run.</summary>
/// <param name="message">Which, and how.</param>
public sealed class SimulationException(string message) : Exception(message);
