using Cluster.Actors.Journal.Write;

namespace Cluster.Actors.Journal.Log;

/// <summary>What one transaction of the writer does, all or nothing.</summary>
internal sealed class LogTransaction
{
    /// <summary>The version of the fence that the writer has seen. Under another one nothing is stored.</summary>
    public long Fence { get; init; }

    /// <summary>The row of the log; null: none. The writer's row before it must be there.</summary>
    public LogCommit? Commit { get; set; }

    /// <summary>Writes that belong in the package's table.</summary>
    public List<WriteRequest> Foreign { get; } = [];

    /// <summary>The segments of an entity that end below a number go.</summary>
    public List<(string Id, long Below)> Trims { get; } = [];

    /// <summary>Segments to store. One that exists with the same first number stays if it goes further.</summary>
    public List<LogSegment> Segments { get; } = [];

    /// <summary>The first rows of the log above one number and up to another go, at most so many; null: none.</summary>
    public (long Above, long To, int AtMost)? Removed { get; set; }

    /// <summary>How many rows went.</summary>
    public int RemovedRows { get; set; }

    /// <summary>All commits of a writer up to this one are in segments; null: nothing new.</summary>
    public LogHead? Head { get; set; }

    /// <summary>The row of this former writer goes; 0: none.</summary>
    public long Closed { get; set; }

    /// <summary>Whether there is anything to store.</summary>
    public bool IsEmpty => Commit is null && Foreign.Count == 0 && Trims.Count == 0 && Segments.Count == 0
        && Removed is null && Head is null && Closed == 0;
}
