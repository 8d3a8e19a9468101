namespace Cluster.Actors.Journal.Rows;

/// <summary>An item of a <see cref="WorkQueue{T}"/>, which counts against the bounds of the queue.</summary>
internal interface IJournalWork
{
    /// <summary>The number of rows, at least 1.</summary>
    int Rows { get; }

    /// <summary>The payload, in bytes.</summary>
    long Bytes { get; }
}
