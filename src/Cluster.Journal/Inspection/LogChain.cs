namespace Cluster.Journal.Inspection;

/// <summary>Checks that the rows of one writer's log follow each other.</summary>
internal sealed class LogChain
{
    private readonly LogHead? _head;
    private readonly bool _isOpen;
    private readonly long _writer;
    private readonly Action<JournalFault> _fault;
    private long _number;
    private uint? _sum;  // null: not known
    private long _newest; // 0: no row

    /// <summary>Begins at the head of a writer.</summary>
    public LogChain(JournalWriter writer, Action<JournalFault> fault)
        : this(writer.Head.Writer, fault) =>
        (_head, _isOpen, _number, _sum) = (writer.Head, writer.IsOpen, writer.Head.Number, writer.Head.Sum);

    /// <summary>Of a writer that journal_writer does not have.</summary>
    public LogChain(long writer, Action<JournalFault> fault) => (_writer, _fault) = (writer, fault);

    /// <summary>How a fault names a row of the log.</summary>
    public static string Row(long number) => $"journal_log n={number}";

    /// <summary>Adds the next row.</summary>
    /// <param name="number">The number under which the row is stored.</param>
    /// <param name="commit">The commit in it; null: it cannot be read, which was reported.</param>
    /// <returns>Whether a recovery reads it; false: its entries are in segments, or nobody knows its writer.</returns>
    public bool Add(long number, LogCommit? commit)
    {
        var isFirst = _newest == 0;
        _newest = number;
        if (_head is not { } head)
        {
            if (isFirst)
            {
                _fault(JournalFault.OfAll(Row(number), $"the log of writer {_writer} is there, and journal_writer has no "
                    + "such writer: no node reads it"));
            }

            return false;
        }

        if (number <= head.Number)
        {
            if (number == head.Number && commit is { } named && named.Sum != head.Sum)
            {
                _fault(JournalFault.OfAll(Row(number), $"{LogCommit.Describe(number)} is another one than the head of "
                    + "its writer in journal_writer names"));
            }

            return false;
        }

        try
        {
            var next = commit ?? new LogCommit(number, _sum ?? 0, 0, default);
            next.Follows(_number, _sum ?? next.Previous);
        }
        catch (JournalDamagedException damaged)
        {
            var (isGap, last) = (number > _number + 1, number - 1);
            var others = last > _number + 1 ? $", and all up to commit {last - LogCommit.Base(_writer)}" : "";
            _fault(JournalFault.OfAll(Row(isGap ? _number + 1 : number), damaged.Message + others));
        }

        (_number, _sum) = (number, commit?.Sum);
        return true;
    }

    /// <summary>There are no more rows.</summary>
    public void End()
    {
        // The newest row of a writer that may write stays when its log is compacted.
        if (_head is { } head && _isOpen && head.Number > LogCommit.Base(_writer) && _newest < head.Number)
            _fault(JournalFault.OfAll(Row(head.Number), $"the newest commit of writer {_writer} is missing"));
    }
}
