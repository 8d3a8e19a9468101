using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Processes;

/// <summary>
/// A process: a client session with its credentials, its parent, its namespace, its lease, and the list of the entities
/// that it has touched. credentials(7), _exit(2).
/// </summary>
/// <remarks>
/// A session registers an entity here before it passes on the first call of the process to it. So at the exit (the
/// client closed the process, or its lease expired) every entity that may hold something of the process is known, and
/// each is told until it confirms. A renewal of the lease is not journalled. After a crash the lease starts again,
/// which only makes it longer. The shards remember process entities and start them again, so a lease expires without
/// any request.
///
/// The sessions of the process subscribe when they start or attach. The process entity pushes to them: its end, and that
/// a signal stops or continues it. Other processes of the namespace call the process entity: with signals, and to see its
/// state.
/// </remarks>
public sealed partial class Process(EntityKey key) : Machine(key)
{
    /// <summary>The shortest lease, in ms.</summary>
    public const long ShortestLeaseMs = 1_000;

    /// <summary>The longest lease, in ms.</summary>
    public const long LongestLeaseMs = 86_400_000;

    /// <summary>The lease of a client that names none, in ms.</summary>
    public const long DefaultLeaseMs = 30_000;

    /// <summary>
    /// The largest number of touched entities that an attaching session learns, and need not register.
    /// </summary>
    private const int ToldAtOnce = 1_024;

    // ---- state ----

    private readonly HashSet<EntityKey> _touched = [];
    private ProcessStarted? _started;
    private ProcessEnded? _ended;
    private long _expiresMs = long.MaxValue; // not journalled
    private ulong _ack;                      // the last acknowledgement of the process; not journalled
    private bool _unknown;

    /// <summary>The entity of a process.</summary>
    public static EntityKey KeyOf(int pid) => new() { Kind = Kind.Process, Id = pid };

    // Until each sender of a signal has its result, the sender may ask for it again.
    public override bool IsFinished => _ended is null
        ? _unknown && _started is null
        : _touched.Count == 0 && Ledger.UnacknowledgedCount == 0 && !HasFamilyToTell;

    public override bool MayPassivate => _started is null;

    public override ProcessEnded? Exit => _ended;

    // The lease of a stopped process does not end: its client cannot do anything about it.
    public override long NextTickMs => !IsRunning ? long.MaxValue
        : _halted != 0 ? Waiters.NextMs
        : Math.Min(_expiresMs, Waiters.NextMs);

    // ---- decide ----

    // Anybody may call any pid. The number of a process that has not started must not get a journal: the process could
    // not start then. So the answer has no fence. This life of the entity began with the call, and ends with the answer.
    protected override void OnSubmit(Submit submit)
    {
        _unknown = _started is null;
        if (_unknown || HasEnded(submit)) FailAll(submit, Errno.ESRCH);
        else base.OnSubmit(submit);
    }

    protected override void OnTurnAway(Submit submit)
    {
        _unknown = _started is null;
        if (_unknown || HasEnded(submit)) FailAll(submit, Errno.ESRCH);
        else base.OnTurnAway(submit);
    }

    // The results of its own calls went with it.
    private bool HasEnded(Submit submit) => _ended is not null && submit.Stamp.Pid == _started!.Pid;

    // The shards remember process entities, so the requests of one are sent without anybody asking. Two processes that have
    // signalled each other would wait for each other's exit otherwise.
    protected override bool HoldsExits => false;

    // A pid that is not in use gets no journal from the exit of a process that has called it either.
    protected override void OnAsk(Request request, ulong token)
    {
        if (request.BodyCase != Request.BodyOneofCase.ProcessExited || _started is not null)
        {
            base.OnAsk(request, token);
            return;
        }

        _unknown = true;
        Answer(token, request, Errno.None);
    }

    protected override void Execute(Stamp stamp, Call call)
    {
        if (call.OpCase == Call.OpOneofCase.ProcessStat) Stat(stamp, call);
        else if (call.OpCase == Call.OpOneofCase.ProcessAwait) Await(stamp, call);
        else if (!IsRunning || !IsSeenBy(stamp)) FailUnrecorded(stamp.Pid, call.Seq, Errno.ESRCH);
        else if (call.OpCase == Call.OpOneofCase.Signal) Signal(stamp, call);
        else if (call.OpCase == Call.OpOneofCase.ProcessReap) Reap(stamp, call);
        else FailUnrecorded(stamp.Pid, call.Seq, Errno.EINVAL);
    }

    protected override void OnRequest(Request request, ulong token)
    {
        switch (request.BodyCase)
        {
            case Request.BodyOneofCase.StartProcess:
                Start(request, token);
                break;
            case Request.BodyOneofCase.AttachProcess:
                Reconnect(request, token);
                break;
            case Request.BodyOneofCase.TouchEntities:
                Touch(request, token);
                break;
            case Request.BodyOneofCase.RenewLease:
                Renew(request, token);
                break;
            case Request.BodyOneofCase.ReportWaits:
                if (MarkIfUnknown()) break;
                Hear(request.ReportWaits);
                Answer(token, request, Errno.None);
                break;
            case Request.BodyOneofCase.CheckParent:
                CheckTicket(request, token);
                break;
            case Request.BodyOneofCase.AdoptChild:
                Adopt(request, token);
                break;
            case Request.BodyOneofCase.ChildExited:
                LearnExit(request, token);
                break;
            case Request.BodyOneofCase.OrphanChild:
                Orphan(request, token);
                break;
            case Request.BodyOneofCase.TraceEntity:
                Trace(request, token);
                break;
            case Request.BodyOneofCase.CloseProcess:
                if (MarkIfUnknown()) break;
                if (IsRunning) Close(request.CloseProcess);
                Answer(token, request, Errno.None);
                break;
            default:
                base.OnRequest(request, token);
                break;
        }
    }

    private bool IsRunning => _started is not null && _ended is null;

    /// <summary>
    /// Marks this life of the entity as unknown if its journal has no row, although a session knows the process. Another
    /// life of the entity then has the process, and this one began before the process did. This life ends without an
    /// answer, and the session asks again.
    /// </summary>
    private bool MarkIfUnknown() => _unknown = _started is null && !HasPast;

    private void Renew() => _expiresMs = NowMs + _started!.LeaseMs;

    private void Close(CloseProcess close) =>
        End(close.Ack, close.Exact, expired: false, status: close.Status & 0xFF);

    private void End(ulong ack, Acknowledged? exact, bool expired, int signal = 0, int status = 0)
    {
        var ended = new ProcessEnded
        {
            Ack = ack, Exact = exact, TimeMs = WallMs, Expired = expired, Signal = signal, Status = status,
        };
        Emit(new Event { ProcessEnded = ended });
        AnswerStats();
        AnswerExitWaiters();
        Publish(new Reply { From = Key, ProcessEnded = _ended!.Clone() });
        SendOutbox();
    }

    protected override void OnTick()
    {
        if (IsRunning && _halted == 0 && NowMs >= _expiresMs) End(_ack, exact: null, expired: true);
    }

    protected override void OnRecovered()
    {
        if (IsRunning) Renew();
        else if (_ended is not null) AnswerExitWaiters();
        // The fence of an answer about a process that is gone, and the node was lost before that row was deleted. Whoever
        // asked has the answer, so nobody else ends this.
        else _unknown = Revision > 0;
    }

    protected override void OnAnswer(Request request, Reply reply)
    {
        if (request.BodyCase == Request.BodyOneofCase.EnlistProcess)
        {
            Outbox.Remove(reply.From, Request.BodyOneofCase.EnlistProcess);
            return;
        }

        if (request.BodyCase is Request.BodyOneofCase.AdoptChild or Request.BodyOneofCase.ChildExited)
        {
            OnParentAnswered(request, reply);
            return;
        }

        if (request.BodyCase == Request.BodyOneofCase.OrphanChild)
        {
            Outbox.Remove(reply.From, Request.BodyOneofCase.OrphanChild);
            _children.Remove((int)reply.From.Id); // told again in another life of this entity
            return;
        }

        if (_ended is null || !_touched.Contains(reply.From)) return;
        Emit(new Event { ExitConfirmed = new ExitConfirmed { Key = reply.From } });
        SendOutbox();
    }

    // ---- apply ----

    protected override void ApplyFact(Event fact)
    {
        switch (fact.FactCase)
        {
            case Event.FactOneofCase.ProcessStarted:
                _started = fact.ProcessStarted;
                Enlist();
                AskParent();
                break;
            case Event.FactOneofCase.ProcessTouched:
                foreach (var touched in fact.ProcessTouched.Keys) _touched.Add(touched);
                break;
            case Event.FactOneofCase.ProcessEnded:
                ApplyEnded(fact.ProcessEnded);
                break;
            case Event.FactOneofCase.ExitConfirmed:
                _touched.Remove(fact.ExitConfirmed.Key);
                Outbox.Remove(fact.ExitConfirmed.Key, Request.BodyOneofCase.ProcessExited);
                break;
            case Event.FactOneofCase.ExitAwaited:
                ParkExit(fact.ExitAwaited, _nextTicket++);
                break;
            case Event.FactOneofCase.ChildAdopted:
                _children.Add(fact.ChildAdopted.Pid, null);
                break;
            case Event.FactOneofCase.ChildEnded:
                Apply(fact.ChildEnded);
                break;
            case Event.FactOneofCase.ChildAwaited:
                Park(fact.ChildAwaited, _nextTicket++);
                break;
            case Event.FactOneofCase.ChildReaped:
                Apply(fact.ChildReaped);
                break;
            case Event.FactOneofCase.ParentEnded:
                _isOrphaned = true;
                Outbox.Remove(KeyOf(_started!.Parent), Request.BodyOneofCase.AdoptChild);
                break;
            case Event.FactOneofCase.Signal:
                ApplySignal(fact.Signal);
                break;
            default:
                throw UnknownFact(fact);
        }
    }

    // That the table has answered is not journalled. Each life of this entity asks once, and the table takes it once.
    private void Enlist()
    {
        var table = ProcessTable.KeyOf(_started!.Namespace);
        _touched.Add(table);
        var entry = new ProcessEntry
        {
            Pid = _started.Pid, Uid = _started.Credentials.Uid, Gid = _started.Credentials.Gid, Parent = _started.Parent,
            Started = _started.TimeMs / 1000,
        };
        Outbox.Add(new Request { To = table, EnlistProcess = new EnlistProcess { Entry = entry } });
    }

    private void ApplyEnded(ProcessEnded ended)
    {
        _ended = ended;
        Outbox.Remove(ProcessTable.KeyOf(_started!.Namespace), Request.BodyOneofCase.EnlistProcess);
        foreach (var waiter in Waiters.InLine<SignalWaiter>()) Waiters.Remove(waiter.Pid, waiter.Seq, out _);
        foreach (var waiter in Waiters.InLine<ChildWaiter>()) Waiters.Remove(waiter.Pid, waiter.Seq, out _);
        Ledger.RemoveProcess(_started.Pid, ended.Ack, ended.Exact, ended.TimeMs);
        foreach (var touched in _touched)
        {
            var exited = new ProcessExited { Pid = _started!.Pid, Ack = ended.Ack, Exact = ended.Exact };
            Outbox.Add(new Request { To = touched, ProcessExited = exited });
        }

        TellFamily();
    }

    // ---- snapshot ----

    protected override void SaveState(Snapshot snapshot)
    {
        var state = new ProcessState { Started = _started, Ended = _ended, Signals = SaveSignals() };
        state.Touched.AddRange(_touched.OrderBy(each => (each.Kind, each.Namespace, each.Id)));
        SaveExitWaits(state);
        SaveFamily(state);
        snapshot.Process = state.Clone();
    }

    protected override void LoadState(Snapshot snapshot)
    {
        var state = snapshot.Process;
        _started = state.Started;
        _ended = null;
        _touched.Clear();
        foreach (var touched in state.Touched) _touched.Add(touched);
        LoadSignals(state.Signals);
        foreach (var wait in state.ExitWaits) ParkExit(wait.Awaited, wait.Ticket);
        LoadFamily(state);
        if (state.Ended is not null)
        {
            ApplyEnded(state.Ended);
        }
        else if (_started is not null)
        {
            Enlist();
            AskParent();
        }
    }
}
