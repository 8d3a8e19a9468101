namespace Cluster.Actors.Journal.Rows;

/// <summary>Something that waits in a <see cref="WorkQueue{T}"/> and counts against its bounds.</summary>
internal interface IJournalWork
{
    /// <summary>Rows it stands for, at least 1.</summary>
    int Rows { get; }

    /// <summary>Payload it holds.</summary>
    long Bytes { get; }
}
