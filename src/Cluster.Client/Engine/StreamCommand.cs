namespace Cluster.Client.Engine;

/// <summary>What the engine wants of its driver: open this stream, or drop it.</summary>
internal readonly record struct StreamCommand(EngineStream Stream, bool Open);
