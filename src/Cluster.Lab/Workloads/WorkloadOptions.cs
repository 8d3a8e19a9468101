namespace Cluster.Lab.Workloads;

/// <summary>What a <see cref="Workload"/> does.</summary>
public sealed record WorkloadOptions
{
    /// <summary>Chooses the calls; what the cluster answers and when is not in its hands.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>How long the clients make calls.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Clients at work: each sends, operates and has a blocked receiver.</summary>
    public int Clients { get; init; } = 8;

    /// <summary>Message queues. Of every second one receivers ask for the first message, of the others for a
    /// type.</summary>
    public int Queues { get; init; } = 4;

    /// <summary>Semaphore sets: semaphore 0 has <see cref="Permits"/>, semaphore 1 is a lock.</summary>
    public int Sets { get; init; } = 2;

    /// <summary>Words of shared memory, each in a segment of its own.</summary>
    public int Words { get; init; } = 4;

    /// <summary>Permits of each set.</summary>
    public int Permits { get; init; } = 3;

    /// <summary>Callers that block one after another on objects of their own, and are served by the drain: every second
    /// one receives from a queue, the others wait for two semaphores of a set at once.</summary>
    public int Parked { get; init; }

    /// <summary>The queues that these wait on, and as many sets.</summary>
    public int ParkedQueues { get; init; } = 1;

    /// <summary>Calls of all clients together; what they are given up for is a history that can be checked.</summary>
    public double CallsPerSecond { get; init; } = 500;

    /// <summary>Calls that are recorded; after them the clients make no more.</summary>
    public int Capacity { get; init; } = 1_000_000;

    /// <summary>How long a receive or an acquisition waits.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long calls under way may take to end, and the drain to find everything.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Objects without a journal.</summary>
    public bool Volatile { get; init; }

    /// <summary>The clock and the timers.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
