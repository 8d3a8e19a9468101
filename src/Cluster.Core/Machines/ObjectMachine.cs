using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <summary>
/// A machine of a kind whose objects a directory creates. The directory's entry IS the creation: an object that has no
/// journal asks the directory who it is when it is first called. So there is no moment at which a crash leaves one
/// without the other. Removal goes the other way: the directory asks the object, then forgets it, then tells it so.
/// </summary>
public abstract class ObjectMachine(EntityKey key) : Machine(key)
{
    /// <summary>Calls that may wait for the directory's answer.</summary>
    public const int HeldBound = 4_096;

    private List<Submit>? _heldCalls; // while it is unborn
    private List<(Request Request, ulong Token)>? _heldRequests;
    private bool _forgotten;
    private bool _lost;

    /// <summary>Where the object stands in its life.</summary>
    protected enum Life
    {
        /// <summary>It has no state yet.</summary>
        Unborn,

        /// <summary>It works.</summary>
        Alive,

        /// <summary>It was removed; it only answers what it has answered before.</summary>
        Removed,

        /// <summary>The directory has no such object: nothing to keep.</summary>
        Unknown,
    }

    /// <summary>Where the object stands in its life.</summary>
    protected Life Phase { get; private set; } = Life.Unborn;

    /// <inheritdoc/>
    public override bool IsFinished => Phase switch
    {
        Life.Unknown => true,
        Life.Removed => _forgotten && Ledger.UnacknowledgedCount == 0,
        _ => false,
    };

    /// <inheritdoc/>
    public override bool MayPassivate => Phase == Life.Unborn || base.MayPassivate;

    /// <summary>The directory that lists this object.</summary>
    protected EntityKey Directory =>
        new() { Kind = Kind.Directory, Namespace = Key.Namespace, Id = (long)Key.Kind };

    /// <summary>Who owns the object and who may do what.</summary>
    protected abstract Permissions Permissions { get; }

    /// <summary>Decides a call on an object that is alive.</summary>
    protected abstract void Call(Stamp stamp, Call call);

    /// <summary>The event that makes the object what the directory's entry says.</summary>
    protected abstract Event Create(DirectoryEntry entry);

    /// <summary>Completes all waiters and emits the event of removal.</summary>
    protected abstract void Destroy();

    /// <summary>
    /// Asked to go: whether the object does so later, by itself, and has journalled that; its key is free at once.
    /// </summary>
    protected virtual bool Linger() => false;

    /// <summary>What calls on an object that the directory does not list are answered.</summary>
    protected Errno UnknownErrno => _lost ? Errno.EIDRM : Errno.EINVAL;

    /// <summary>Called by the kind where it applies its event of creation.</summary>
    protected void ApplyCreated() => Phase = Life.Alive;

    /// <summary>Called by the kind where it applies its event of removal.</summary>
    protected void ApplyRemoved() => Phase = Life.Removed;

    /// <summary>Called by the kind where it loads a snapshot.</summary>
    protected void LoadPhase(bool removed, bool forgotten)
    {
        Phase = removed ? Life.Removed : Life.Alive;
        _forgotten = forgotten;
    }

    /// <summary>For the kind's snapshot.</summary>
    protected bool IsForgotten => _forgotten;

    /// <inheritdoc/>
    public override void Submit(Submit submit, long nowMs)
    {
        switch (Phase)
        {
            case Life.Unborn:
                if (_heldCalls?.Count >= HeldBound || HasExited(submit.Stamp.Pid)) return;
                (_heldCalls ??= []).Add(submit); // if not, the caller sends again
                Claim();
                break;
            case Life.Unknown:
                RefuseAll(submit);
                break;
            default:
                base.Submit(submit, nowMs);
                break;
        }
    }

    /// <inheritdoc/>
    public override void Ask(Request request, ulong token, long nowMs)
    {
        var exited = request.BodyCase == Request.BodyOneofCase.ProcessExited;
        if (exited && Phase == Life.Unborn)
        {
            // To confirm it here and now would be to forget it: another incarnation may be alive, or be born later.
            _heldCalls?.RemoveAll(held => held.Stamp.Pid == request.ProcessExited.Pid);
            HoldUntilBorn(request, token);
            return;
        }

        if (exited && Phase == Life.Unknown)
        {
            Answer(token, request, Errno.None);
            return;
        }

        base.Ask(request, token, nowMs);
    }

    /// <inheritdoc/>
    protected sealed override void Execute(Stamp stamp, Call call)
    {
        switch (Phase)
        {
            case Life.Alive:
                Call(stamp, call);
                break;
            case Life.Removed:
                Refuse(stamp.Pid, call.Seq, Errno.EINVAL); // as Linux does for an id that is no longer used
                break;
            default:
                throw new InvalidOperationException($"an object that is {Phase} runs no calls");
        }
    }

    private void RefuseAll(Submit submit)
    {
        foreach (var seq in submit.Calls.Select(call => call.Seq).Concat(submit.Cancels).Distinct())
            Refuse(submit.Stamp.Pid, seq, UnknownErrno);
    }

    /// <inheritdoc/>
    protected override void OnRequest(Request request, ulong token)
    {
        switch (request.BodyCase)
        {
            case Request.BodyOneofCase.DestroyObject when Phase == Life.Unborn:
                HoldUntilBorn(request, token);
                break;
            case Request.BodyOneofCase.DestroyObject:
                TryDestroy(request, token);
                break;
            case Request.BodyOneofCase.TraceEntity when Phase == Life.Unborn:
                HoldUntilBorn(request, token);
                break;
            case Request.BodyOneofCase.TraceEntity:
                var may = MayTrace(request.TraceEntity.Credentials);
                Answer(token, request, may, may == Errno.None ? Describe : null);
                break;
            case Request.BodyOneofCase.ForgetObject:
                if (Phase == Life.Removed && !_forgotten) Emit(new Event { SelfForgotten = new SelfForgotten() });
                else if (Phase == Life.Unborn) Phase = Life.Unknown;
                Answer(token, request, Errno.None);
                break;
            default:
                base.OnRequest(request, token);
                break;
        }
    }

    /// <summary>What is said besides to whoever may trace it.</summary>
    protected virtual void Describe(Reply reply)
    {
    }

    /// <summary>Keeps a request until it is known what this object is.</summary>
    protected void HoldUntilBorn(Request request, ulong token)
    {
        if (_heldRequests?.Count >= HeldBound) return; // asked again
        (_heldRequests ??= []).Add((request, token));
        Claim();
    }

    // ptrace(2): root, or the same user; here, who might have made the object or owns it.
    private Errno MayTrace(Credentials tracer) => Phase switch
    {
        Life.Alive => IpcPermissions.Owns(Permissions, tracer) ? Errno.None : Errno.EPERM,
        Life.Unknown => UnknownErrno,
        _ => Errno.EINVAL,
    };

    private void TryDestroy(Request request, ulong token)
    {
        var credentials = request.DestroyObject.Credentials;
        if (Phase != Life.Alive)
        {
            Answer(token, request, Errno.None);
        }
        else if (credentials is not null && !IpcPermissions.Owns(Permissions, credentials))
        {
            Answer(token, request, Errno.EPERM);
        }
        else if (credentials is not null && Linger())
        {
            Answer(token, request, Errno.None, reply => reply.Lingering = new Lingering());
        }
        else
        {
            Destroy();
            Answer(token, request, Errno.None);
        }
    }

    /// <inheritdoc/>
    protected override void OnAnswer(Reply reply)
    {
        if (!Outbox.Remove(reply.From) || Phase != Life.Unborn) return;
        if (reply.Claimed?.Entry is { } entry)
        {
            Emit(Create(entry));
        }
        else
        {
            Phase = Life.Unknown;
            _lost = reply.Errno == (int)Errno.EIDRM;
        }

        foreach (var submit in _heldCalls ?? []) Submit(submit, NowMs);
        foreach (var (request, token) in _heldRequests ?? []) Ask(request, token, NowMs);
        _heldCalls = null;
        _heldRequests = null;
    }

    /// <summary>Applies what is common to the kinds; false if the event is the kind's own.</summary>
    protected bool ApplyCommon(Event fact)
    {
        if (fact.FactCase != Event.FactOneofCase.SelfForgotten) return false;
        _forgotten = true;
        return true;
    }

    private bool HasExited(int pid) => _heldRequests?.Exists(held => held.Request.ProcessExited?.Pid == pid) is true;

    private void Claim()
    {
        if (Outbox.HasAny) return;
        var claim = new Claim { Id = (int)Key.Id, Incarnation = Incarnation };
        Outbox.Add(new Request { To = Directory, Claim = claim });
        PumpOutbox();
    }
}
