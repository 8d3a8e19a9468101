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

    // Calls of processes that have not enlisted themselves yet; not journalled. Further ones are sent again.
    private const int EarlyBound = 4_096;
    private readonly List<(Stamp Stamp, Call Call)> _early = [];

    /// <summary>The table of a namespace.</summary>
    public static EntityKey KeyOf(ulong space) => new() { Kind = Kind.ProcessTable, Namespace = space };

    public override bool IsFinished => IsGone || (_isDestroyed && _entries.Count == 0);

    // The namespace was removed, and so was the journal of the table. Nothing is written any more.
    private bool IsGone => HasPast && Revision == 0;

    // ---- decide ----

    protected override void Execute(Stamp stamp, Call call)
    {
        switch (call.OpCase)
        {
            case Call.OpOneofCase.ProcessList:
                AnswerUnrecorded(stamp.Pid, new Result { Seq = call.Seq, ProcessListing = ToPage(call.ProcessList) });
                break;
            case Call.OpOneofCase.ProcessSetGroup or Call.OpOneofCase.ProcessSetSession:
                if (_entries.ContainsKey(stamp.Pid)) SetGroup(stamp.Pid, call);
                else if (_early.Count < EarlyBound) _early.Add((stamp, call));
                break;
            default:
                FailUnrecorded(stamp.Pid, call.Seq, Errno.EINVAL);
                break;
        }
    }

    // ---- setpgid(2), setsid(2), as in kernel/sys.c ----

    private void SetGroup(int pid, Call call)
    {
        var (target, group) = call.OpCase == Call.OpOneofCase.ProcessSetSession
            ? (pid, pid)
            : (call.ProcessSetGroup.Pid, call.ProcessSetGroup.Group);
        if (target == 0) target = pid;
        if (group == 0) group = target;
        var errno = call.OpCase == Call.OpOneofCase.ProcessSetSession ? WhyNotSession(pid) : WhyNotGroup(pid, target, group);
        if (errno != Errno.None)
        {
            FailRecorded(pid, call.Seq, errno);
            return;
        }

        var session = call.OpCase == Call.OpOneofCase.ProcessSetSession ? pid : 0;
        var set = new GroupSet { Pid = pid, Seq = call.Seq, Target = target, Group = group, Session = session };
        Emit(new Event { GroupSet = set });
        Release(pid, call.Seq);
    }

    private Errno WhyNotGroup(int pid, int target, int group)
    {
        if (group < 0) return Errno.EINVAL;
        // ESRCH: "pid is not the calling process and not a child of the calling process."
        if (!_entries.TryGetValue(target, out var entry) || (target != pid && entry.Parent != pid)) return Errno.ESRCH;
        // EPERM: "an attempt was made to move a process into a process group in a different session, or to change the
        // process group ID of one of the children of the calling process and the child was in a different session, or to
        // change the process group ID of a session leader."
        if (entry.Session != _entries[pid].Session || entry.Session == target) return Errno.EPERM;
        var isThere = group == target || _entries.Values.Any(each => each.Group == group && each.Session == entry.Session);
        return isThere ? Errno.None : Errno.EPERM;
    }

    // EPERM: "The process group ID of any process equals the PID of the calling process. Thus, in particular, setsid() fails
    // if the calling process is already a process group leader."
    private Errno WhyNotSession(int pid) => _entries.Values.Any(each => each.Group == pid) ? Errno.EPERM : Errno.None;

    private void RunEarly(int pid)
    {
        var ready = _early.Where(early => early.Stamp.Pid == pid).ToArray();
        _early.RemoveAll(early => early.Stamp.Pid == pid);
        foreach (var (stamp, call) in ready)
        {
            var isOver = Ledger.HasExited(pid) || Ledger.IsAcknowledged(pid, call.Seq) || Ledger.TryGet(pid, call.Seq, out _);
            if (!isOver) Execute(stamp, call);
        }
    }

    private ProcessListing ToPage(ProcessList list)
    {
        var limit = list.Limit is > 0 and <= Bounds.ListingPage ? list.Limit : Bounds.ListingPage;
        var page = new ProcessListing();
        foreach (var (pid, entry) in _entries)
        {
            if (pid <= list.After || (list.Group != 0 && entry.Group != list.Group)) continue;
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
                    Emit(new Event { ProcessEnlisted = Inherit(entry) });
                RunEarly(entry.Pid);
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

    // A child is in the group and the session of its parent, another process in its own: fork(2).
    private ProcessEntry Inherit(ProcessEntry entry)
    {
        var parent = _entries.GetValueOrDefault(entry.Parent);
        (entry.Group, entry.Session) = (parent?.Group ?? entry.Pid, parent?.Session ?? entry.Pid);
        return entry;
    }

    protected override void OnExited(int pid) => _early.RemoveAll(early => early.Stamp.Pid == pid);

    // ---- apply ----

    protected override void ApplyFact(Event fact)
    {
        switch (fact.FactCase)
        {
            case Event.FactOneofCase.ProcessEnlisted:
                Add(fact.ProcessEnlisted.Clone());
                break;
            case Event.FactOneofCase.GroupSet:
                var set = fact.GroupSet;
                if (_entries.TryGetValue(set.Target, out var entry))
                    (entry.Group, entry.Session) = (set.Group, set.Session == 0 ? entry.Session : set.Session);
                ApplyCompleted(set.Pid, new Result { Seq = set.Seq });
                break;
            case Event.FactOneofCase.DirectoryDestroyed:
                _isDestroyed = true;
                break;
            default:
                throw UnknownFact(fact);
        }
    }

    // Entries of before groups have none.
    private void Add(ProcessEntry entry)
    {
        if (entry.Group == 0) (entry.Group, entry.Session) = (entry.Pid, entry.Pid);
        _entries[entry.Pid] = entry;
    }

    // A pid is not used again, so the entries of its children may keep it.
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
        foreach (var entry in snapshot.ProcessTable.Entries) Add(entry.Clone());
        _isDestroyed = snapshot.ProcessTable.Destroyed;
    }
}
