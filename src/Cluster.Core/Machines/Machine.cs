using System.Diagnostics;
using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <summary>
/// The pure state machine behind every entity. Inputs come with the time. The machine decides, and each decision emits
/// events. An event is applied at once, by the same method that replays the journal.
/// </summary>
/// <remarks>
/// What a kind has to implement: <see cref="Execute"/> (decide a call), <see cref="ApplyFact"/> (change the state),
/// <see cref="SaveState"/> and <see cref="LoadState"/> (its snapshot), and <see cref="CheckInvariants"/>. A kind whose
/// calls park also implements <see cref="ApplyWaiterRemoved"/>, <see cref="OnCallerBack"/>,
/// <see cref="OnPassedOver"/> and <see cref="AfterWaitersRemoved"/>. Every other member has a default that suits most
/// kinds.
///
/// What a kind gets from here: calls run exactly once by (pid, seq, ack), park, time out, are cancelled, and end with
/// their process. Objects that a directory creates derive from <see cref="ObjectMachine"/>, which adds what they share.
///
/// Nothing in a machine blocks, reads a clock, or does I/O.
/// </remarks>
public abstract partial class Machine(EntityKey key)
{
    /// <summary>
    /// How long a waiter whose session was lost keeps its turn, in ms. Longer than a client needs to reconnect.
    /// </summary>
    public const long GraceMs = 5_000;

    private IOutputs? _outputs;
    private ulong _incarnation;

    /// <summary>The name of the entity.</summary>
    public EntityKey Key { get; } = key;

    /// <summary>
    /// The number of events so far. It only grows, also over moves and crashes, so it serves as a fencing token.
    /// </summary>
    public ulong Revision { get; private set; }

    /// <summary>Whether the entity has no journal. It is then as fast as memory, and lost with its node.</summary>
    public virtual bool IsVolatile => false;

    /// <summary>
    /// Whether nothing is left to remember, so that the journal may be deleted and the entity stopped.
    /// </summary>
    public virtual bool IsFinished => false;

    /// <summary>Whether the entity may leave memory after nobody has called it for a while.</summary>
    public virtual bool MayPassivate => Waiters.Count == 0 && !Outbox.HasAny && !IsVolatile;

    /// <summary>The least number of bytes of a snapshot, if the kind knows it; 0: unknown.</summary>
    public virtual long StateBytes => 0;

    /// <summary>The next time the machine needs <see cref="Tick"/>, in ms of the cluster's clock; MaxValue: never.</summary>
    public virtual long NextTickMs => Waiters.NextMs;

    /// <summary>How this process has ended; null: it has not ended, or the entity is no process.</summary>
    public virtual ProcessEnded? Exit => null;

    /// <summary>Completed calls.</summary>
    public Ledger Ledger { get; } = new();

    /// <summary>Parked calls.</summary>
    public Waiters Waiters { get; } = new();

    /// <summary>Requests to other entities that are not answered yet.</summary>
    public Outbox Outbox { get; } = new();

    /// <summary>The time of the present input on the cluster's clock, in ms: for everything that is measured.</summary>
    protected long NowMs { get; private set; }

    /// <summary>The time of the present input on the wall clock, in ms since the epoch: for people.</summary>
    protected long WallMs { get; private set; }

    /// <summary>The name of this life of the entity: a random number from outside.</summary>
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
    /// Whether the entity had a journal once, even if nothing is left of it. Such an entity has ended and does not
    /// begin again.
    /// </summary>
    public bool HasPast { get; set; }

    /// <summary>Sets the receiver of what the machine says. A machine without one can only replay.</summary>
    public void Bind(IOutputs outputs) => _outputs = outputs;

    // ---- inputs ----

    /// <summary>
    /// Takes calls of one process. Each call is executed, or is found parked or completed; none runs twice.
    /// </summary>
    public void Submit(Submit submit, Instant now)
    {
        Now(now);
        OnSubmit(submit);
        Settle();
    }

    /// <summary>
    /// Takes calls while too many events wait to be written. Each call that is new here fails with ENOBUFS.
    /// </summary>
    public void TurnAway(Submit submit, Instant now)
    {
        Now(now);
        OnTurnAway(submit);
        Settle();
    }

    /// <summary>Takes a request of another entity or of a session. The token names the asker.</summary>
    public void Ask(Request request, ulong token, Instant now)
    {
        Now(now);
        OnAsk(request, token);
        Settle();
    }

    /// <summary>Takes an answer to a request of this entity. An answer may come more than once.</summary>
    public void OnReply(Reply reply, Instant now)
    {
        Now(now);
        if (Outbox.TryGetAnswered(reply, out var request)) OnAnswer(request, reply);
        Settle();
    }

    /// <summary>Ends the waits whose time has come.</summary>
    public void Tick(Instant now)
    {
        Now(now);
        while (Waiters.TryGetExpired(NowMs, out var waiter))
        {
            EndWaiter(waiter, waiter.ErrnoOfDeadline);
        }

        while (Waiters.TryPassOver(NowMs, out var waiter)) PassOver(waiter);
        OnTick();
        Settle();
    }

    /// <summary>Takes the word that a subscriber is gone, whose latest subscription came with the token.</summary>
    public void Unsubscribed(ulong token, Instant now)
    {
        Now(now);
        OnUnsubscribed(token);
        Settle();
    }

    /// <summary>Suspends the waiters of a process whose session is lost.</summary>
    public void Suspend(int pid, Instant now)
    {
        Now(now);
        foreach (var waiter in Waiters.Of(pid)) Waiters.Suspend(waiter, NowMs + GraceMs);
        Settle();
    }

    /// <summary>
    /// Begins work after the journal was read. No session is connected yet, so every waiter is suspended.
    /// </summary>
    public void Recovered(Instant now)
    {
        Now(now);
        foreach (var waiter in Waiters.All) Waiters.Suspend(waiter, NowMs + GraceMs);
        if (Revision > 0 && !IsVolatile) Emit(new Event { Incarnated = new Incarnated { TimeMs = WallMs } });
        OnRecovered();
        SendOutbox();
        Settle();
    }

    /// <summary>Applies an event from the journal.</summary>
    public void Replay(Event fact) => Apply(fact);

    /// <summary>Whether a call has not been here before, and may run.</summary>
    public bool IsNew(Submit submit, ulong seq)
    {
        var pid = submit.Stamp.Pid;
        return !IsAcknowledged(submit, seq) && !Ledger.HasExited(pid) && !Ledger.TryGet(pid, seq, out _)
            && !Waiters.TryGet(pid, seq, out _) && !IsUnderWay(pid, seq);
    }

    /// <summary>
    /// Throws InvalidOperationException if the state contradicts itself. Debug builds check after every input, tests
    /// after every step.
    /// </summary>
    public virtual void CheckInvariants()
    {
    }

    /// <summary>Throws InvalidOperationException if an invariant does not hold.</summary>
    /// <param name="condition">Whether it holds.</param>
    /// <param name="invariant">The invariant, as a sentence.</param>
    protected static void Require(bool condition, string invariant)
    {
        if (!condition) throw new InvalidOperationException("broken invariant: " + invariant);
    }

    private void Now(Instant now) => (NowMs, WallMs) = (now.ClockMs, now.WallMs);

    private void Settle()
    {
        OnSettled();
        ConfirmExits();
        AssertInvariants();
    }

    [Conditional("DEBUG")]
    private void AssertInvariants() => CheckInvariants();

    // ---- what a kind may override: inputs ----

    /// <summary>Takes calls; see <see cref="Submit"/>.</summary>
    protected virtual void OnSubmit(Submit submit)
    {
        var pid = submit.Stamp.Pid;
        if (Ledger.HasExited(pid)) return;
        if (Ledger.WouldTrim(pid, submit.Ack, submit.Pending))
        {
            var known = new CallsAcknowledged { Pid = pid, Ack = submit.Ack, Pending = { submit.Pending } };
            Emit(new Event { CallsAcknowledged = known });
        }

        foreach (var call in submit.Calls)
        {
            if (!IsAcknowledged(submit, call.Seq)) Admit(submit.Stamp, call);
        }

        foreach (var seq in submit.Cancels)
        {
            if (!IsAcknowledged(submit, seq)) Cancel(pid, seq);
        }
    }

    /// <summary>Takes calls while too many events wait to be written; see <see cref="TurnAway"/>.</summary>
    protected virtual void OnTurnAway(Submit submit)
    {
        var pid = submit.Stamp.Pid;
        if (Ledger.HasExited(pid)) return;
        foreach (var call in submit.Calls)
        {
            if (IsAcknowledged(submit, call.Seq)) continue;
            if (IsNew(submit, call.Seq)) FailRecorded(pid, call.Seq, Errno.ENOBUFS);
            else Admit(submit.Stamp, call);
        }
    }

    /// <summary>Takes a request; see <see cref="Ask"/>.</summary>
    protected virtual void OnAsk(Request request, ulong token)
    {
        if (request.BodyCase != Request.BodyOneofCase.ProcessExited)
        {
            OnRequest(request, token);
            return;
        }

        var exited = request.ProcessExited;
        if (!Ledger.HasExited(exited.Pid)) RecordExit(exited);
        if (HoldsExits) HoldExit(request, token);
        else Answer(token, request, Errno.None);
    }

    /// <summary>Decides a request that only some kinds know. It must be answered, now or later.</summary>
    protected virtual void OnRequest(Request request, ulong token) => Answer(token, request, Errno.EPROTO);

    /// <summary>Takes the answer to a request of the outbox. The kind removes the request when it is settled.</summary>
    protected virtual void OnAnswer(Request request, Reply reply)
    {
    }

    /// <summary>Forgets a subscriber that is gone; see <see cref="Unsubscribed"/>.</summary>
    protected virtual void OnUnsubscribed(ulong token)
    {
    }

    /// <summary>Does what is due by time, after the waiters were looked at.</summary>
    protected virtual void OnTick()
    {
    }

    /// <summary>Does what follows from the state after any input, whatever the input was.</summary>
    protected virtual void OnSettled()
    {
    }

    /// <summary>Does what is due after the journal was read.</summary>
    protected virtual void OnRecovered()
    {
    }

    // ---- what a kind may override: calls and waiters ----

    /// <summary>
    /// Decides a call that has not been here before: completes it, fails it, or parks it, by emitting events.
    /// </summary>
    protected abstract void Execute(Stamp stamp, Call call);

    /// <summary>
    /// Whether the exit of a process may be confirmed now. If not, the process entity asks again, which brings this entity back
    /// should its node die before what follows from the exit is settled.
    /// </summary>
    protected virtual bool MayConfirmExit(int pid) => true;

    /// <summary>Whether the confirmation of an exit waits for the requests of this entity.</summary>
    protected virtual bool HoldsExits => true;

    /// <summary>
    /// Whether a call has begun and completes when another entity answers. Such a call cannot be cancelled.
    /// </summary>
    protected virtual bool IsUnderWay(int pid, ulong seq) => false;

    /// <summary>Serves a waiter whose caller has come back after it was suspended or passed over.</summary>
    protected virtual void OnCallerBack(Waiter waiter, Presence before)
    {
    }

    /// <summary>
    /// Completes a call whose deadline has passed (ETIMEDOUT) or which was interrupted (EINTR) with another result: what it
    /// waits for is kept for callers that are away, or a part of it has happened. False: the call fails with the error.
    /// </summary>
    protected virtual bool TryEnd(Waiter waiter, Errno errno) => false;

    /// <summary>Gives the turn of a waiter to others, since its grace has ended.</summary>
    protected virtual void OnPassedOver(Waiter waiter)
    {
    }

    /// <summary>Serves others after waiters were removed without being served, or something was put back.</summary>
    protected virtual void AfterWaitersRemoved()
    {
    }

    /// <summary>
    /// Whether the stored result of a call may not leave yet, although the call comes again. The kind releases it
    /// later.
    /// </summary>
    protected virtual bool Withholds(int pid, ulong seq) => false;

    // ---- what a kind may override: state ----

    /// <summary>Takes what a kind has written into this event.</summary>
    protected virtual void ApplyIncarnated(Incarnated fact)
    {
    }

    /// <summary>
    /// Changes the kind's state; the only method that does so. It succeeds for every event that was ever emitted.
    /// </summary>
    protected abstract void ApplyFact(Event fact);

    /// <summary>Does what the exit of a process makes necessary elsewhere. It is recorded already.</summary>
    protected virtual void OnExited(int pid)
    {
    }

    /// <summary>Takes a waiter out of the kind's lines. Its call has completed, or its process has exited.</summary>
    protected virtual void ApplyWaiterRemoved(Waiter waiter)
    {
    }

    /// <summary>Puts back what unacknowledged results of an exited process carried.</summary>
    protected virtual void ApplyReturned(IReadOnlyList<object> carried)
    {
    }

    /// <summary>Releases what an exited process holds here (SEM_UNDO, attachments).</summary>
    protected virtual void ApplyExit(ExitRecorded exit)
    {
    }

    /// <summary>Writes the kind's state into a snapshot.</summary>
    protected abstract void SaveState(Snapshot snapshot);

    /// <summary>Replaces the kind's state by that of a snapshot.</summary>
    protected abstract void LoadState(Snapshot snapshot);
}
