using System.Security.Cryptography;
using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Processes;

/// <content>
/// Parent and children: fork(2), _exit(2), waitid(2), SIGCHLD. A child tells its parent that it has started before its own
/// start is answered, and how it has ended before it is forgotten. So a parent that has started a child finds it, and no
/// exit is lost with a node.
/// </content>
public sealed partial class Process
{
    // SIGCHLD, siginfo_t: si_code.
    private const int Exited = 1; // CLD_EXITED
    private const int Killed = 2; // CLD_KILLED

    // A child that tells late that it has started is not taken for a new one.
    private const int ReapedBound = 4_096;

    private readonly SortedDictionary<int, ProcessExit?> _children = []; // by pid; null: it runs
    private readonly Queue<int> _reaped = [];
    private bool _isOrphaned;
    private bool _isAdopted; // the parent knows this process; not journalled
    private bool _isToldOf;  // the parent knows how this process has ended; not journalled
    private (Request Request, ulong Token)? _starter; // waits for the parent; not journalled

    /// <summary>The process that has started this one; 0: none, or it has ended.</summary>
    private int Parent => _isOrphaned ? 0 : _started?.Parent ?? 0;

    private bool HasFamilyToTell => (Parent != 0 && !_isToldOf) || _children.Values.Any(exit => exit is null);

    /// <summary>What a parent gives to a child, which shows it at its start: HMAC-SHA256 by the token of the parent.</summary>
    public static byte[] TicketOf(ReadOnlySpan<byte> token) => HMACSHA256.HashData(token, "parent"u8);

    // ---- of the child ----

    // Asked in each life of this entity. The parent takes it once.
    private void AskParent()
    {
        if (Parent == 0) _isAdopted = true;
        else if (!_isAdopted) Outbox.Add(new Request { To = KeyOf(Parent), AdoptChild = new AdoptChild { Pid = _started!.Pid } });
    }

    private void OnParentAnswered(Request request, Reply reply)
    {
        Outbox.Remove(reply.From, request.BodyCase);
        if (request.BodyCase == Request.BodyOneofCase.ChildExited)
        {
            _isToldOf = true;
            return;
        }

        _isAdopted = true;
        if (!IsRunning) return;
        if (reply.Errno == (int)Errno.ESRCH) Emit(new Event { ParentEnded = new ParentEnded() });
        else if (reply.Errno != 0) End(_ack, exact: null, expired: false, (int)Protocol.Signal.SIGKILL);
        if (_starter is not { } starter) return;
        _starter = null;
        Answer(starter.Token, starter.Request, reply.Errno == (int)Errno.ESRCH ? Errno.None : (Errno)reply.Errno);
    }

    private void Orphan(Request request, ulong token)
    {
        if (_started is null && !HasPast) Fence();
        _unknown = _started is null;
        if (IsRunning && Parent == request.OrphanChild.Parent) Emit(new Event { ParentEnded = new ParentEnded() });
        Answer(token, request, Errno.None);
    }

    // ---- of the parent ----

    private void CheckTicket(Request request, ulong token)
    {
        // A client may have named any pid. One that has not started must not get a journal, so the answer has no fence.
        var check = request.CheckParent;
        _unknown = _started is null;
        var errno = !IsRunning || check.NamespacePath != _started!.NamespacePath ? Errno.ESRCH
            : !CryptographicOperations.FixedTimeEquals(TicketOf(_started.Token.Span), check.Ticket.Span) ? Errno.EPERM
            : _started.Credentials.Uid != 0 && check.Uid != _started.Credentials.Uid ? Errno.EPERM
            : Errno.None;
        Answer(token, request, errno);
    }

    private void Adopt(Request request, ulong token)
    {
        if (_started is null && !HasPast) Fence();
        var child = request.AdoptChild.Pid;
        if (!IsRunning)
        {
            _unknown = _started is null;
            Answer(token, request, Errno.ESRCH);
        }
        else if (_children.ContainsKey(child) || _reaped.Contains(child))
        {
            Answer(token, request, Errno.None);
        }
        else if (_children.Count >= Bounds.ChildrenPerProcess)
        {
            Answer(token, request, Errno.EAGAIN);
        }
        else
        {
            Emit(new Event { ChildAdopted = new ChildAdopted { Pid = child } });
            Answer(token, request, Errno.None);
        }
    }

    private void LearnExit(Request request, ulong token)
    {
        if (_started is null && !HasPast) Fence();
        var exit = request.ChildExited.Exit;
        _unknown = _started is null;
        if (IsRunning && !_reaped.Contains(exit.Pid) && _children.GetValueOrDefault(exit.Pid) is null)
        {
            var isIgnored = SignalSet.Has(_ignored, (int)Protocol.Signal.SIGCHLD);
            Emit(new Event { ChildEnded = new ChildEnded { Exit = exit, Reaped = isIgnored } });
            Tell(exit);
            ServeChildWaiters();
            Act();
        }

        Answer(token, request, Errno.None);
    }

    private void Tell(ProcessExit exit)
    {
        var signal = (int)Protocol.Signal.SIGCHLD;
        if (IsIgnored(signal) || SignalSet.Has(_pending.Set, signal)) return;
        var info = new SignalInfo
        {
            Signal = signal,
            Code = exit.Signal != 0 || exit.Expired ? Killed : Exited,
            Pid = exit.Pid,
            Uid = exit.Uid,
            Value = exit.Signal != 0 ? exit.Signal : exit.Expired ? (int)Protocol.Signal.SIGKILL : exit.Status,
        };
        Emit(new SignalFact { Queued = new SignalQueued { Info = info } });
    }

    private void Reap(Stamp stamp, Call call)
    {
        var (pid, seq, reap) = (stamp.Pid, call.Seq, call.ProcessReap);
        if (pid != _started!.Pid) FailUnrecorded(pid, seq, Errno.EPERM);
        else if (reap.Pid is 0 or < -1) FailUnrecorded(pid, seq, Errno.EINVAL);
        // ECHILD: "The process specified by pid does not exist or is not a child of the calling process."
        else if (!HasChild(reap.Pid)) FailRecorded(pid, seq, Errno.ECHILD);
        else if (FindEnded(reap.Pid) is { } ended) Reap(seq, ended, reap.Keeps);
        else if (call is { HasTimeoutMs: true, TimeoutMs: <= 0 }) FailRecorded(pid, seq, Errno.EAGAIN);
        else
        {
            var awaited = new ChildAwaited
            {
                Seq = seq, Pid = reap.Pid, Keeps = reap.Keeps, DeadlineMs = DeadlineOf(call),
            };
            Emit(new Event { ChildAwaited = awaited });
        }
    }

    private bool HasChild(int wanted) => wanted == -1 ? _children.Count > 0 : _children.ContainsKey(wanted);

    private int? FindEnded(int wanted)
    {
        foreach (var (pid, exit) in _children)
        {
            if (exit is not null && (wanted == -1 || wanted == pid)) return pid;
        }

        return null;
    }

    private void Reap(ulong seq, int pid, bool keeps)
    {
        Emit(new Event { ChildReaped = new ChildReaped { Seq = seq, Pid = pid, Keeps = keeps } });
        Release(_started!.Pid, seq);
    }

    private void ServeChildWaiters()
    {
        foreach (var waiter in Waiters.InLine<ChildWaiter>())
        {
            if (FindEnded(waiter.Awaited.Pid) is { } ended) Reap(waiter.Seq, ended, waiter.Awaited.Keeps);
            else if (!HasChild(waiter.Awaited.Pid)) FailRecorded(_started!.Pid, waiter.Seq, Errno.ECHILD);
        }
    }

    // ---- apply ----

    private void Apply(ChildEnded ended)
    {
        if (ended.Reaped) Forget(ended.Exit.Pid);
        else _children[ended.Exit.Pid] = ended.Exit;
    }

    private void Apply(ChildReaped reaped)
    {
        var exit = _children[reaped.Pid];
        if (!reaped.Keeps) Forget(reaped.Pid);
        ApplyCompleted(_started!.Pid, new Result { Seq = reaped.Seq, ProcessExit = exit });
    }

    private void Forget(int child)
    {
        _children.Remove(child);
        _reaped.Enqueue(child);
        if (_reaped.Count > ReapedBound) _reaped.Dequeue();
    }

    private void Park(ChildAwaited awaited, ulong ticket) => Waiters.Add(new ChildWaiter(_started!.Pid, awaited, ticket));

    // Those who have to hear of the end: the parent, and the children that run.
    private void TellFamily()
    {
        if (Parent != 0)
        {
            Outbox.Remove(KeyOf(Parent), Request.BodyOneofCase.AdoptChild);
            Outbox.Add(new Request { To = KeyOf(Parent), ChildExited = new ChildExited { Exit = ToExit() } });
        }

        foreach (var child in _children.Where(pair => pair.Value is null).Select(pair => pair.Key))
            Outbox.Add(new Request { To = KeyOf(child), OrphanChild = new OrphanChild { Parent = _started!.Pid } });
    }

    private ProcessExit ToExit() => new()
    {
        Signal = _ended!.Signal,
        Expired = _ended.Expired,
        Status = _ended.Status,
        Pid = _started!.Pid,
        Uid = _started.Credentials.Uid,
    };

    // ---- snapshot ----

    private void SaveFamily(ProcessState state)
    {
        foreach (var (pid, exit) in _children) state.Children.Add(new StoredChild { Pid = pid, Exit = exit });
        foreach (var waiter in Waiters.InLine<ChildWaiter>())
            state.ChildWaits.Add(new StoredChildWait { Ticket = waiter.Ticket, Awaited = waiter.Awaited });
        state.Reaped.AddRange(_reaped);
        state.Orphaned = _isOrphaned;
    }

    private void LoadFamily(ProcessState state)
    {
        _children.Clear();
        _reaped.Clear();
        foreach (var child in state.Children) _children.Add(child.Pid, child.Exit);
        foreach (var wait in state.ChildWaits) Park(wait.Awaited, wait.Ticket);
        foreach (var pid in state.Reaped) _reaped.Enqueue(pid);
        _isOrphaned = state.Orphaned;
    }
}
