using Cluster.Actors.Journal.Read;
using Cluster.Actors.Journal.Rows;

namespace Cluster.Actors.Journal.Log;

/// <summary>Reads the log, segments and the package's table. For one thread.</summary>
internal interface ILogReader : IDisposable
{
    /// <summary>
    /// Calls back for each row of each writer's log that is not in segments, in order, as of one moment.
    /// </summary>
    /// <param name="without">Writers whose logs are not of interest.</param>
    /// <param name="row">Gets the beginning of the log, the number of the row, and its body.</param>
    void ReadLogs(IReadOnlySet<long> without, Action<LogHead, long, byte[]> row);

    /// <summary>
    /// Calls back for each segment of each entity, with the place of the entity in the list: in the order of that list,
    /// and of the numbers.
    /// </summary>
    void ReadSegments(IReadOnlyList<string> ids, Action<int, LogSegment> segment);

    /// <summary>Calls back for each row of the package's table, with the place of its request in the list.</summary>
    void ReadTable(IReadOnlyList<RecoveryRequest> requests, Action<int, TableRow> row);
}
