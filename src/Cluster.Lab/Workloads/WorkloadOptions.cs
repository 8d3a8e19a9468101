namespace Cluster.Lab.Workloads;

/// <summary>The options of a <see cref="Workload"/>.</summary>
public sealed record WorkloadOptions
{
    /// <summary>Chooses the calls. It does not determine the answers and their times.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>How long the clients make calls.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Clients. Each sends, operates and has a blocked receiver.</summary>
    public int Clients { get; init; } = 8;

    /// <summary>Message queues. Receivers ask every second queue for the first message, and the others for a
    /// type.</summary>
    public int Queues { get; init; } = 4;

    /// <summary>Semaphore sets: semaphore 0 has <see cref="Permits"/>, semaphore 1 is a lock.</summary>
    public int Sets { get; init; } = 2;

    /// <summary>Words of shared memory, each in a segment of its own.</summary>
    public int Words { get; init; } = 4;

    /// <summary>POSIX message queues, to which the clients send with three priorities.</summary>
    public int PosixQueues { get; init; } = 2;

    /// <summary>POSIX semaphores, each of <see cref="Permits"/>, which the end of a process releases.</summary>
    public int PosixSemaphores { get; init; } = 2;

    /// <summary>Byte streams: FIFOs, each with a client that writes numbered records and one that reads them.</summary>
    public int Streams { get; init; } = 2;

    /// <summary>Permits of each set and of each POSIX semaphore.</summary>
    public int Permits { get; init; } = 3;

    /// <summary>
    /// Callers that block one after another on objects that no other client calls. The drain serves them. Every second
    /// one receives from a queue; the others wait for two semaphores of a set at once.
    /// </summary>
    public int Parked { get; init; }

    /// <summary>The queues of the parked callers, and the number of their sets.</summary>
    public int ParkedQueues { get; init; } = 1;

    /// <summary>Whether there are callers whose calls always time out, so that a checker sees when.</summary>
    public bool Timed { get; init; }

    /// <summary>Calls per second of all clients together. A low rate keeps the history small enough to check.</summary>
    public double CallsPerSecond { get; init; } = 500;

    /// <summary>The largest number of recorded calls. The clients make no more calls then.</summary>
    public int Capacity { get; init; } = 1_000_000;

    /// <summary>How long a receive or an acquisition waits.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long calls that are under way may take to end, and how long the drain may take.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Whether the objects are volatile.</summary>
    public bool Volatile { get; init; }

    /// <summary>The clock and the timers.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
