using System.Diagnostics;

namespace Cluster.Actors.Journal.Outage;

/// <summary>
/// Turns the repeated failures of the writer and of the readers into one outage with a begin and an end.
/// </summary>
/// <param name="publish">Called when an outage begins and when it ends.</param>
internal sealed class JournalOutage(Action<object> publish)
{
    private readonly Lock _lock = new();
    private bool _writerFails;
    private volatile bool _readerFails;
    private long _since;
    private long _endedAt;

    /// <summary>The writer's transaction failed.</summary>
    public void WriterFailed(Exception cause)
    {
        lock (_lock) Begin(cause, isReader: false);
    }

    /// <summary>A query failed.</summary>
    /// <param name="cause">Why.</param>
    /// <param name="startedAt">
    /// When the query began, by <see cref="Stopwatch"/>. A query that began before the end of an outage may fail long
    /// after that end, and proves no new outage.
    /// </param>
    public void ReaderFailed(Exception cause, long startedAt)
    {
        lock (_lock)
        {
            if (_endedAt == 0 || startedAt > _endedAt) Begin(cause, isReader: true);
        }
    }

    /// <summary>The writer works again. So can the readers, which notice a little later.</summary>
    public void WriterWorks()
    {
        lock (_lock) End(isReader: false);
    }

    /// <summary>A query was answered.</summary>
    public void ReaderWorks()
    {
        if (!_readerFails) return;
        lock (_lock) End(isReader: true);
    }

    private void Begin(Exception cause, bool isReader)
    {
        var isNew = !_writerFails && !_readerFails;
        if (isReader) _readerFails = true;
        else _writerFails = true;
        if (!isNew) return;
        _since = Stopwatch.GetTimestamp();
        publish(new JournalLost(cause.Message.ReplaceLineEndings(" ")));
    }

    private void End(bool isReader)
    {
        if (!_writerFails && !_readerFails) return;
        if (!isReader) _writerFails = false;
        _readerFails = false;
        if (_writerFails) return;
        _endedAt = Stopwatch.GetTimestamp();
        publish(new JournalBack(Stopwatch.GetElapsedTime(_since)));
    }
}
