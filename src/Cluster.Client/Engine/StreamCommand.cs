namespace Cluster.Client.Engine;

/// <summary>What the driver has to do: open this stream, or drop it.</summary>
internal readonly record struct StreamCommand(EngineStream Stream, bool Open);
