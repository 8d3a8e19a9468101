namespace Cluster.Client;

/// <summary>A part of an <see cref="InMemoryKernel"/> that wants to be called at a time.</summary>
internal interface IWakeable
{
    /// <summary>The time that it has asked for last, in ms since the epoch; MaxValue: none.</summary>
    long WakeAtMs { get; }

    /// <summary>That time has come.</summary>
    void Wake(long nowMs);
}
