using System.Diagnostics;

namespace Cluster.Actors.Journal;

/// <summary>
/// Makes one outage out of the failures of the writer and of the readers, who find out for themselves and try again and
/// again.
/// </summary>
/// <param name="publish">Told when it begins and when it ends.</param>
internal sealed class JournalOutage(Action<object> publish)
{
    private readonly Lock _lock = new();
    private bool _writerFails;
    private volatile bool _readerFails;
    private long _since;

    /// <summary>The writer's transaction failed.</summary>
    public void WriterFailed(Exception cause)
    {
        lock (_lock) Begin(cause, isReader: false);
    }

    /// <summary>A query failed.</summary>
    public void ReaderFailed(Exception cause)
    {
        lock (_lock) Begin(cause, isReader: true);
    }

    /// <summary>
    /// The writer works, which it did not before. So the readers can: they try only when somebody asks.
    /// </summary>
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
        if (!_writerFails) publish(new JournalBack(Stopwatch.GetElapsedTime(_since)));
    }
}
