using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Processes;

/// <summary>
/// The processes of one namespace. Each enlists itself when it has started, and its exit removes it, as the exit notice
/// removes what it has in objects.
/// </summary>
/// <remarks>
/// The answer of a start does not wait for the table, so a process is missing for the time of one write after its start.
/// The ledger's tombstone of an exited process keeps a late request from enlisting it again.
/// </remarks>
public sealed class ProcessTable(EntityKey key) : Machine(key)
{
    private readonly SortedDictionary<int, ProcessEntry> _entries = [];
    private bool _isDestroyed;

    /// <summary>The table of a namespace.</summary>
    public static EntityKey KeyOf(ulong space) => new() { Kind = Kind.ProcessTable, Namespace = space };

    public override bool IsFinished => IsGone || (_isDestroyed && _entries.Count == 0);

    // The namespace was removed, and so was the journal of the table. Nothing is written any more.
    private bool IsGone => HasPast && Revision == 0;

    // ---- decide ----

    protected override void Execute(Stamp stamp, Call call)
    {
        if (call.OpCase != Call.OpOneofCase.ProcessList) FailUnrecorded(stamp.Pid, call.Seq, Errno.EINVAL);
        else AnswerUnrecorded(stamp.Pid, new Result { Seq = call.Seq, ProcessListing = ToPage(call.ProcessList) });
    }

    private ProcessListing ToPage(ProcessList list)
    {
        var limit = list.Limit is > 0 and <= Bounds.ListingPage ? list.Limit : Bounds.ListingPage;
        var page = new ProcessListing();
        foreach (var (pid, entry) in _entries)
        {
            if (pid <= list.After) continue;
            if (page.Entries.Count == limit)
            {
                page.More = true;
                break;
            }

            page.Entries.Add(entry.Clone());
        }

        return page;
    }

    protected override void OnAsk(Request request, ulong token)
    {
        if (IsGone) Answer(token, request, Errno.None);
        else base.OnAsk(request, token);
    }

    protected override void OnRequest(Request request, ulong token)
    {
        switch (request.BodyCase)
        {
            case Request.BodyOneofCase.EnlistProcess:
                var entry = request.EnlistProcess.Entry;
                if (!Ledger.HasExited(entry.Pid) && !_entries.ContainsKey(entry.Pid))
                    Emit(new Event { ProcessEnlisted = entry });
                Answer(token, request, Errno.None);
                break;
            case Request.BodyOneofCase.DestroyDirectory:
                if (!_isDestroyed) Emit(new Event { DirectoryDestroyed = new DirectoryDestroyed() });
                Answer(token, request, Errno.None);
                break;
            default:
                base.OnRequest(request, token);
                break;
        }
    }

    // ---- apply ----

    protected override void ApplyFact(Event fact)
    {
        switch (fact.FactCase)
        {
            case Event.FactOneofCase.ProcessEnlisted:
                _entries[fact.ProcessEnlisted.Pid] = fact.ProcessEnlisted;
                break;
            case Event.FactOneofCase.DirectoryDestroyed:
                _isDestroyed = true;
                break;
            default:
                throw UnknownFact(fact);
        }
    }

    protected override void ApplyExit(ExitRecorded exit) => _entries.Remove(exit.Pid);

    // ---- snapshot ----

    protected override void SaveState(Snapshot snapshot)
    {
        snapshot.ProcessTable = new ProcessTableState { Destroyed = _isDestroyed };
        foreach (var entry in _entries.Values) snapshot.ProcessTable.Entries.Add(entry.Clone());
    }

    protected override void LoadState(Snapshot snapshot)
    {
        _entries.Clear();
        foreach (var entry in snapshot.ProcessTable.Entries) _entries[entry.Pid] = entry;
        _isDestroyed = snapshot.ProcessTable.Destroyed;
    }
}
