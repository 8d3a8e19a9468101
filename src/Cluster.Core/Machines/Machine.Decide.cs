using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <content>What a kind uses to decide: events, results, waiters, requests.</content>
public abstract partial class Machine
{
    // Further exits are not answered: their processes ask again.
    private const int ExitsBound = 1_024;

    private List<HeldExit>? _exits; // not confirmed yet; not journalled

    private readonly record struct HeldExit(Request Request, ulong Token, long Mark);

    private IOutputs Outputs => _outputs ?? throw new InvalidOperationException("a replaying machine cannot speak");

    // ---- results ----

    /// <summary>Applies an event and gives it to the journal.</summary>
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

    /// <summary>Completes a call and journals that, so that a late copy of the call does not run.</summary>
    protected void AnswerRecorded(int pid, Result result)
    {
        Emit(new Event { CallCompleted = new CallCompleted { Pid = pid, Result = result } });
        Outputs.Release(pid, result);
    }

    /// <summary>Fails a call and journals that, so that a late copy of the call does not run.</summary>
    protected void FailRecorded(int pid, ulong seq, Errno errno) =>
        AnswerRecorded(pid, new Result { Seq = seq, Errno = (int)errno });

    /// <summary>
    /// Answers a call without a journal entry. Only for a call that reads: a late copy of it runs again, harmlessly.
    /// </summary>
    protected void AnswerUnrecorded(int pid, Result result)
    {
        result.Revision = Revision;
        Outputs.Release(pid, result);
    }

    /// <summary>
    /// Fails a call without a journal entry. Only for a call that reads, or that fails by its arguments alone.
    /// </summary>
    protected void FailUnrecorded(int pid, ulong seq, Errno errno) =>
        AnswerUnrecorded(pid, new Result { Seq = seq, Errno = (int)errno });

    /// <summary>Fails every call and cancel of a submit, without a journal entry.</summary>
    protected void FailAll(Submit submit, Errno errno)
    {
        foreach (var seq in submit.Calls.Select(call => call.Seq).Concat(submit.Cancels).Distinct())
            FailUnrecorded(submit.Stamp.Pid, seq, errno);
    }

    /// <summary>Fails a call as a guard says.</summary>
    protected void Reject(int pid, ulong seq, Rejection rejection)
    {
        if (rejection.IsRecorded) FailRecorded(pid, seq, rejection.Errno);
        else FailUnrecorded(pid, seq, rejection.Errno);
    }

    /// <summary>
    /// Makes the next answer wait for a write, which fails if another life of the entity has replaced this one. Used
    /// for an answer on which the asker bases a final decision: such an answer must not come from an old state.
    /// </summary>
    protected void Fence()
    {
        if (!IsVolatile) Emit(new Event { Incarnated = new Incarnated { TimeMs = WallMs } });
    }

    // ---- waiters ----

    /// <summary>When a call that would block now times out, in ms of the cluster's clock; 0: never.</summary>
    protected long DeadlineOf(Call call) =>
        call.HasTimeoutMs ? NowMs + Math.Min(call.TimeoutMs, long.MaxValue - NowMs) : 0;

    /// <summary>Parks a call that changes nothing, without a journal entry.</summary>
    protected void ParkUnrecorded(Waiter waiter)
    {
        if (waiter.IsRecorded) throw new InvalidOperationException("a journalled waiter is parked by an event");
        Waiters.Add(waiter);
    }

    /// <summary>Completes a call that was parked without a journal entry.</summary>
    protected void AnswerUnrecorded(Waiter waiter, Result result)
    {
        if (Waiters.Remove(waiter.Pid, waiter.Seq, out _)) AnswerUnrecorded(waiter.Pid, result);
    }

    /// <summary>Fails a parked call, then serves the others.</summary>
    protected void FailWaiter(Waiter waiter, Errno errno)
    {
        if (waiter.IsRecorded) FailRecorded(waiter.Pid, waiter.Seq, errno);
        else AnswerUnrecorded(waiter, new Result { Seq = waiter.Seq, Errno = (int)errno });
        AfterWaitersRemoved();
    }

    private void EndWaiter(Waiter waiter, Errno errno)
    {
        if (!TryEnd(waiter, errno)) FailWaiter(waiter, errno);
    }

    /// <summary>Fails every parked call, in the order of the tickets.</summary>
    protected void FailAllWaiters(Errno errno)
    {
        foreach (var waiter in Waiters.InLine<Waiter>())
        {
            if (waiter.IsRecorded) FailRecorded(waiter.Pid, waiter.Seq, errno);
            else AnswerUnrecorded(waiter, new Result { Seq = waiter.Seq, Errno = (int)errno });
        }
    }

    // ---- requests ----

    /// <summary>Answers a request.</summary>
    protected void Answer(ulong token, Request request, Errno errno, Action<Reply>? fill = null)
    {
        var reply = new Reply { Id = request.Id, From = Key, Errno = (int)errno };
        fill?.Invoke(reply);
        Outputs.Answer(token, reply);
    }

    /// <summary>Sends the asker everything that is published from now on.</summary>
    protected void Subscribe(ulong token) => Outputs.Subscribe(token);

    /// <summary>Ends the subscription with the token.</summary>
    protected void Unsubscribe(ulong token) => Outputs.Unsubscribe(token);

    /// <summary>Sends news to all subscribers.</summary>
    protected void Publish(Reply news) => Outputs.Publish(news);

    /// <summary>Sends news to one subscriber, whose latest subscription came with the token.</summary>
    protected void Push(ulong token, Reply news) => Outputs.Push(token, news);

    /// <summary>Sends the requests of the outbox for which there is room.</summary>
    protected void SendOutbox() => Outbox.Send(Outputs);

    // ---- inside ----

    // The process has the result of the call, so what arrives is a late copy.
    private bool IsAcknowledged(Submit submit, ulong seq) =>
        (seq < submit.Ack && !submit.Pending.Contains(seq)) || Ledger.IsAcknowledged(submit.Stamp.Pid, seq);

    private void Admit(Stamp stamp, Call call)
    {
        if (Ledger.TryGet(stamp.Pid, call.Seq, out var result))
        {
            Ledger.Found++;
            if (!Withholds(stamp.Pid, call.Seq)) Outputs.Release(stamp.Pid, result);
        }
        else if (Waiters.TryGet(stamp.Pid, call.Seq, out var waiter))
        {
            var before = waiter.Presence;
            Waiters.Reconnect(waiter);
            if (before != Presence.Connected && waiter.IsRecorded) OnCallerBack(waiter, before);
        }
        else if (Ledger.IsFull(stamp.Pid) && !CallTraits.ReadsOnly(call))
        {
            FailRecorded(stamp.Pid, call.Seq, Errno.ENOBUFS);
        }
        else
        {
            Execute(stamp, call);
        }
    }

    private void Cancel(int pid, ulong seq)
    {
        if (Ledger.TryGet(pid, seq, out var result))
        {
            if (!Withholds(pid, seq)) Outputs.Release(pid, result);
        }
        else if (Waiters.TryGet(pid, seq, out var waiter)) EndWaiter(waiter, Errno.EINTR);
        else if (IsUnderWay(pid, seq) || Ledger.IsFull(pid)) return; // the call completes when another entity has answered
        else FailRecorded(pid, seq, Errno.EINTR); // the cancel overtook its call, which finds this failure
    }

    // A waiter without a journal entry is dropped: its caller sends the call again when it is back.
    private void PassOver(Waiter waiter)
    {
        if (waiter.IsRecorded) OnPassedOver(waiter);
        else Waiters.Remove(waiter.Pid, waiter.Seq, out _);
    }

    /// <summary>The event of an exit, at the time of the present input.</summary>
    protected ExitRecorded ExitOf(int pid, ulong ack = 0, Acknowledged? exact = null) =>
        new() { Pid = pid, Ack = ack, Exact = exact, TimeMs = WallMs, ClockMs = NowMs };

    // The mark is that of the first question of this life: later requests need not be answered.
    private void HoldExit(Request request, ulong token)
    {
        var pid = request.ProcessExited.Pid;
        _exits ??= [];
        var at = _exits.FindIndex(exit => exit.Request.ProcessExited.Pid == pid);
        if (at >= 0) _exits[at] = _exits[at] with { Request = request, Token = token };
        else if (_exits.Count < ExitsBound) _exits.Add(new HeldExit(request, token, Outbox.Mark));
    }

    // A request of the outbox is sent while the entity is in memory. A process that has ended asks until its exit is
    // confirmed, also after crashes, because the shards remember processes. So it brings this entity back until the
    // requests are answered that its calls and its exit have caused.
    private void ConfirmExits()
    {
        if (_exits is not { } exits) return;
        for (var at = 0; at < exits.Count; at++)
        {
            var (request, token, mark) = exits[at];
            if (!MayConfirmExit(request.ProcessExited.Pid) || Outbox.HasUpTo(mark)) continue;
            exits.RemoveAt(at--);
            Answer(token, request, Errno.None);
        }

        if (exits.Count == 0) _exits = null;
    }

    private void RecordExit(ProcessExited exited)
    {
        Emit(new Event { ExitRecorded = ExitOf(exited.Pid, exited.Ack, exited.Exact) });
        OnExited(exited.Pid);
        AfterWaitersRemoved();
    }
}
