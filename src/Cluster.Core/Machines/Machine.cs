using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <summary>
/// The pure state machine behind every entity. Inputs come in with the time; a machine decides, emits events, and an
/// event is applied at once by the one method that also replays the journal.
/// </summary>
/// <remarks>
/// What a kind adds: <see cref="Execute"/> (decide), <see cref="ApplyFact"/>, its waiters' lines, its snapshot. What it
/// gets from here: exactly-once execution by (pid, seq, ack), parking, deadlines, cancellation, the death of a process.
/// Guards and errors stand in the kinds. Nothing here blocks, reads a clock or does I/O.
/// </remarks>
public abstract class Machine(EntityKey key)
{
    /// <summary>
    /// How long a waiter whose session was lost keeps its turn, in ms. Longer than a client needs to reconnect.
    /// </summary>
    public const long GraceMs = 5_000;

    private IOutputs? _outputs;
    private ulong _incarnation;

    /// <summary>Whose state this is.</summary>
    public EntityKey Key { get; } = key;

    /// <summary>The number of events so far. It only grows, over moves and crashes too: a fencing token.</summary>
    public ulong Revision { get; private set; }

    /// <summary>Whether the entity has no journal: it is as fast as memory, and gone with its node.</summary>
    public virtual bool IsVolatile => false;

    /// <summary>Whether nothing is left to remember: the journal may be deleted and the entity stopped.</summary>
    public virtual bool IsFinished => false;

    /// <summary>Whether the entity may be taken out of memory when nobody has called it for a while.</summary>
    public virtual bool MayPassivate => Waiters.Count == 0 && !Outbox.HasAny && !IsVolatile;

    /// <summary>Bytes that a snapshot would have at least, where a kind knows that; 0: it does not.</summary>
    public virtual long StateBytes => 0;

    /// <summary>The next time the machine wants <see cref="Tick"/>, in ms since the epoch; MaxValue: never.</summary>
    public virtual long NextTickMs => Waiters.NextMs;

    /// <summary>How the process that this is has ended; null: it has not, or this is none.</summary>
    public virtual ProcessEnded? Exit => null;

    /// <summary>Completed calls.</summary>
    public Ledger Ledger { get; } = new();

    /// <summary>Parked calls.</summary>
    public Waiters Waiters { get; } = new();

    /// <summary>Requests to other entities that stand until they are answered.</summary>
    public Outbox Outbox { get; } = new();

    /// <summary>The time of the present input, in ms since the epoch.</summary>
    protected long NowMs { get; private set; }

    /// <summary>Names this life of the entity; random, from outside.</summary>
    public ulong Incarnation
    {
        get => _incarnation;
        set
        {
            _incarnation = value;
            Outbox.NumberFrom(value);
        }
    }

    /// <summary>
    /// Whether the entity had a journal once, even if nothing is left of it: then it has ended, and does not begin
    /// again.
    /// </summary>
    public bool HasPast { get; set; }

    /// <summary>Where the machine speaks to. Without one it can only replay.</summary>
    public void Bind(IOutputs outputs) => _outputs = outputs;

    // ---- inputs ----

    /// <summary>Calls of one process. Each is executed, or found parked, or found completed; never run twice.</summary>
    public virtual void Submit(Submit submit, long nowMs)
    {
        NowMs = nowMs;
        var pid = submit.Stamp.Pid;
        if (Ledger.IsForgotten(pid)) return;
        if (Ledger.WouldTrim(pid, submit.Ack, submit.Pending))
        {
            var known = new CallsAcknowledged { Pid = pid, Ack = submit.Ack, Pending = { submit.Pending } };
            Emit(new Event { CallsAcknowledged = known });
        }

        foreach (var call in submit.Calls)
        {
            if (!IsOver(submit, call.Seq)) Admit(submit.Stamp, call);
        }

        foreach (var seq in submit.Cancels)
        {
            if (!IsOver(submit, seq)) Cancel(pid, seq);
        }
    }

    /// <summary>
    /// Calls that cannot be taken now, since too many wait to be written: each that is new here fails with ENOBUFS.
    /// </summary>
    public virtual void TurnAway(Submit submit, long nowMs)
    {
        NowMs = nowMs;
        var pid = submit.Stamp.Pid;
        if (Ledger.IsForgotten(pid)) return;
        foreach (var call in submit.Calls)
        {
            if (IsOver(submit, call.Seq)) continue;
            if (IsNew(submit, call.Seq)) Fail(pid, call.Seq, Errno.ENOBUFS);
            else Admit(submit.Stamp, call);
        }
    }

    /// <summary>Whether a call has not been here before, and may run.</summary>
    public bool IsNew(Submit submit, ulong seq)
    {
        var pid = submit.Stamp.Pid;
        return !IsOver(submit, seq) && !Ledger.IsForgotten(pid) && !Ledger.TryGet(pid, seq, out _)
            && !Waiters.TryGet(pid, seq, out _) && !IsUnderWay(pid, seq);
    }

    /// <summary>A request of another entity or of a session; <paramref name="token"/> names the asker.</summary>
    public virtual void Ask(Request request, ulong token, long nowMs)
    {
        NowMs = nowMs;
        if (request.BodyCase == Request.BodyOneofCase.ProcessExited)
        {
            var exited = request.ProcessExited;
            if (!Ledger.IsForgotten(exited.Pid)) Forget(exited.Pid, exited.Ack);
            if (MayConfirmExit) Answer(token, request, Errno.None);
            return;
        }

        OnRequest(request, token);
    }

    /// <summary>An answer to a request of this entity. It may come more than once.</summary>
    public void OnReply(Reply reply, long nowMs)
    {
        NowMs = nowMs;
        if (Outbox.IsAnsweredBy(reply)) OnAnswer(reply);
    }

    /// <summary>Time has passed.</summary>
    public void Tick(long nowMs)
    {
        NowMs = nowMs;
        while (Waiters.TryGetExpired(nowMs, out var waiter)) EndWait(waiter, waiter.ErrnoOfDeadline);
        while (Waiters.TryPassOver(nowMs, out var waiter)) OnPassedOver(waiter);
        OnTick();
    }

    /// <summary>The session of a process is lost: what it waits for here is suspended.</summary>
    public void Detach(int pid, long nowMs)
    {
        NowMs = nowMs;
        foreach (var waiter in Waiters.Of(pid)) Waiters.Suspend(waiter, nowMs + GraceMs);
    }

    /// <summary>The journal has been read: nobody is connected yet, and everybody may come back.</summary>
    public void Recovered(long nowMs)
    {
        NowMs = nowMs;
        foreach (var waiter in Waiters.All) Waiters.Suspend(waiter, nowMs + GraceMs);
        if (Revision > 0 && !IsVolatile) Emit(new Event { Incarnated = new Incarnated { TimeMs = nowMs } });
        OnRecovered();
        PumpOutbox();
    }

    /// <summary>An event out of the journal.</summary>
    public void Replay(Event fact) => Apply(fact);

    // ---- what a kind implements ----

    /// <summary>
    /// Decides a call that has not been here before: emits events and completes, refuses or parks it.
    /// </summary>
    protected abstract void Execute(Stamp stamp, Call call);

    /// <summary>The only writer of the kind's state. Total: whatever was emitted once can be applied.</summary>
    protected abstract void ApplyFact(Event fact);

    /// <summary>Takes a waiter out of the kind's line: its call has completed or its process is gone.</summary>
    protected virtual void ApplyUnparked(Waiter waiter)
    {
    }

    /// <summary>Puts back what results of a dead process carried, which nobody has acknowledged.</summary>
    protected virtual void ApplyReturned(List<object> carried)
    {
    }

    /// <summary>Takes away what a process that has exited holds here: at its exit everything is let go.</summary>
    protected virtual void ApplyExited(ProcessForgotten exited)
    {
    }

    /// <summary>
    /// Whether an exit may be confirmed now. If not, the process asks again: so somebody brings this entity back while
    /// something that follows from the exit is not settled yet.
    /// </summary>
    protected virtual bool MayConfirmExit => true;

    /// <summary>
    /// Whether a call has begun, and completes when another entity has answered: it cannot be cancelled any more.
    /// </summary>
    protected virtual bool IsUnderWay(int pid, ulong seq) => false;

    /// <summary>After a waiter was suspended or away, its caller is here again.</summary>
    protected virtual void OnAttached(Waiter waiter, Presence before)
    {
    }

    /// <summary>A suspended waiter's grace is over.</summary>
    protected virtual void OnPassedOver(Waiter waiter)
    {
    }

    /// <summary>After waiters left the line without being served, or things were put back: serve who can be.</summary>
    protected virtual void OnDeparted()
    {
    }

    /// <summary>A request that is not the business of every machine. Must be answered, now or later.</summary>
    protected virtual void OnRequest(Request request, ulong token) => Answer(token, request, Errno.EPROTO);

    /// <summary>An answer to one of this machine's requests.</summary>
    protected virtual void OnAnswer(Reply reply)
    {
    }

    /// <summary>Time has passed, and waiters have been looked after.</summary>
    protected virtual void OnTick()
    {
    }

    /// <summary>The journal has been read.</summary>
    protected virtual void OnRecovered()
    {
    }

    /// <summary>Writes the kind's state into a snapshot.</summary>
    protected abstract void SaveState(Snapshot snapshot);

    /// <summary>
    /// Replaces the kind's state, which may be one of older events, by that of a snapshot; the ledger comes after, by
    /// <see cref="CarriedBy"/>.
    /// </summary>
    protected abstract void LoadState(Snapshot snapshot);

    /// <summary>While loading: what a stored result carries.</summary>
    protected virtual object? CarriedBy(int pid, ulong seq) => null;

    /// <summary>Throws if the state contradicts itself. For tests and Debug builds.</summary>
    public virtual void CheckInvariants()
    {
    }

    // ---- snapshots ----

    /// <summary>The whole journalled state.</summary>
    public Snapshot TakeSnapshot()
    {
        var snapshot = new Snapshot { Revision = Revision, Ledger = Ledger.ToState() };
        SaveState(snapshot);
        return snapshot;
    }

    /// <summary>Replaces the whole journalled state.</summary>
    public void Restore(Snapshot snapshot)
    {
        Waiters.Clear();
        Outbox.Clear();
        LoadState(snapshot);
        Ledger.Restore(snapshot.Ledger, CarriedBy);
        Revision = snapshot.Revision;
    }

    // ---- what a kind uses ----

    /// <summary>Applies an event and hands it to the journal.</summary>
    protected void Emit(Event fact)
    {
        Apply(fact);
        Outputs.Append(fact);
    }

    /// <summary>Sends the result that an event has just stored.</summary>
    protected void Release(int pid, ulong seq)
    {
        if (Ledger.TryGet(pid, seq, out var result)) Outputs.Release(pid, result);
    }

    /// <summary>Completes a call, without another fact, and remembers that: it must not run again.</summary>
    protected void Complete(int pid, Result result)
    {
        Emit(new Event { CallCompleted = new CallCompleted { Pid = pid, Result = result } });
        Outputs.Release(pid, result);
    }

    /// <summary>Completes a call with an error, and remembers that: it must not run again.</summary>
    protected void Fail(int pid, ulong seq, Errno errno) =>
        Complete(pid, new Result { Seq = seq, Errno = (int)errno });

    /// <summary>
    /// Answers a call that changes nothing, and that may run again for all anyone cares: only a call that reads, or one
    /// whose arguments alone make it fail.
    /// </summary>
    protected void Respond(int pid, Result result)
    {
        result.Revision = Revision;
        Outputs.Release(pid, result);
    }

    /// <summary>As <see cref="Respond"/>, with an error.</summary>
    protected void Refuse(int pid, ulong seq, Errno errno) =>
        Respond(pid, new Result { Seq = seq, Errno = (int)errno });

    /// <summary>Answers a request.</summary>
    protected void Answer(ulong token, Request request, Errno errno, Action<Reply>? fill = null)
    {
        var reply = new Reply { Id = request.Id, From = Key, Errno = (int)errno };
        fill?.Invoke(reply);
        Outputs.Answer(token, reply);
    }

    /// <summary>Keeps the asker informed of what is published from now on.</summary>
    protected void Subscribe(ulong token) => Outputs.Subscribe(token);

    /// <summary>Tells the subscribers.</summary>
    protected void Publish(Reply news) => Outputs.Publish(news);

    /// <summary>Tells one subscriber: the one whose latest subscription came with this token.</summary>
    protected void Push(ulong token, Reply news) => Outputs.Push(token, news);

    /// <summary>Sends those of the outbox that may go now.</summary>
    protected void PumpOutbox() => Outbox.Pump(Outputs);

    /// <summary>Ends a parked call without serving it.</summary>
    protected void EndWait(Waiter waiter, Errno errno)
    {
        Fail(waiter.Pid, waiter.Seq, errno);
        OnDeparted();
    }

    /// <summary>The absolute deadline of a call that would block now; 0: none.</summary>
    protected long DeadlineOf(Call call) =>
        call.HasTimeoutMs ? NowMs + Math.Min(call.TimeoutMs, long.MaxValue - NowMs) : 0;

    // ---- inside ----

    private IOutputs Outputs => _outputs ?? throw new InvalidOperationException("a replaying machine cannot speak");

    // The process has the result already: what comes here is a late duplicate.
    private bool IsOver(Submit submit, ulong seq) =>
        (seq < submit.Ack && !submit.Pending.Contains(seq)) || Ledger.IsInHand(submit.Stamp.Pid, seq);

    private void Admit(Stamp stamp, Call call)
    {
        if (Ledger.TryGet(stamp.Pid, call.Seq, out var result))
        {
            Ledger.Found++;
            Outputs.Release(stamp.Pid, result);
        }
        else if (Waiters.TryGet(stamp.Pid, call.Seq, out var waiter))
        {
            var before = waiter.Presence;
            Waiters.Attach(waiter);
            if (before != Presence.Attached) OnAttached(waiter, before);
        }
        else
        {
            Execute(stamp, call);
        }
    }

    private void Cancel(int pid, ulong seq)
    {
        if (Ledger.TryGet(pid, seq, out var result)) Outputs.Release(pid, result);
        else if (Waiters.TryGet(pid, seq, out var waiter)) EndWait(waiter, Errno.EINTR);
        else if (IsUnderWay(pid, seq)) return; // its result will come
        else Fail(pid, seq, Errno.EINTR); // it overtook its call, which will find this if it still comes
    }

    private void Forget(int pid, ulong ack)
    {
        Emit(new Event { ProcessForgotten = new ProcessForgotten { Pid = pid, Ack = ack, TimeMs = NowMs } });
        OnDeparted();
    }

    private void Apply(Event fact)
    {
        Revision++;
        switch (fact.FactCase)
        {
            case Event.FactOneofCase.Incarnated:
                break;
            case Event.FactOneofCase.CallCompleted:
                var completed = fact.CallCompleted;
                ApplyCompleted(completed.Pid, completed.Result);
                break;
            case Event.FactOneofCase.CallsAcknowledged:
                var known = fact.CallsAcknowledged;
                Ledger.Acknowledge(known.Pid, known.Ack, known.Pending);
                break;
            case Event.FactOneofCase.ProcessForgotten:
                ApplyForgotten(fact.ProcessForgotten);
                break;
            default:
                ApplyFact(fact);
                break;
        }
    }

    /// <summary>
    /// What is answered next waits for a write, which fails if this incarnation is stale: for an answer that says "no"
    /// out of state that a newer incarnation may have moved on from, and that the asker would act on for good.
    /// </summary>
    protected void Fence()
    {
        if (!IsVolatile) Emit(new Event { Incarnated = new Incarnated { TimeMs = NowMs } });
    }

    /// <summary>Stores the result of a call, and takes the call out of the line if it was parked.</summary>
    protected Waiter? ApplyCompleted(int pid, Result result, object? carried = null)
    {
        result.Revision = Revision;
        if (Waiters.Remove(pid, result.Seq, out var waiter)) ApplyUnparked(waiter);
        Ledger.Complete(pid, result, carried);
        return waiter;
    }

    private void ApplyForgotten(ProcessForgotten forgotten)
    {
        foreach (var waiter in Waiters.Of(forgotten.Pid))
        {
            Waiters.Remove(waiter.Pid, waiter.Seq, out _);
            ApplyUnparked(waiter);
        }

        var carried = Ledger.Forget(forgotten.Pid, forgotten.Ack, forgotten.TimeMs);
        if (carried.Count > 0) ApplyReturned(carried);
        ApplyExited(forgotten);
    }
}
