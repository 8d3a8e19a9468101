using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <content>Creation, removal, and the requests about them.</content>
public abstract partial class ObjectMachine
{
    // ---- creation ----

    /// <summary>Keeps a request until the directory has said what this object is.</summary>
    protected void HoldUntilBorn(Request request, ulong token)
    {
        if (_held.TryAdd(request, token)) Claim(); // without room the asker asks again
    }

    private void Claim()
    {
        if (Outbox.HasAny) return;
        var claim = new Claim { Id = Id, Incarnation = Incarnation, HasPast = HasPast };
        Outbox.Add(new Request { To = Directory, Claim = claim });
        SendOutbox();
    }

    protected override void OnAnswer(Request request, Reply reply)
    {
        if (request.BodyCase == Request.BodyOneofCase.EndObject) OnEndKnown(request, reply);
        if (request.BodyCase != Request.BodyOneofCase.Claim) return;
        Outbox.Remove(request.To, Request.BodyOneofCase.Claim);
        if (Phase != Life.Unborn) return;
        if (reply.Claimed?.Entry is { } entry) Emit(Create(entry));
        else BecomeUnknown(isLost: reply.Errno == (int)Errno.EIDRM);
        foreach (var submit in _held.TakeCalls()) OnSubmit(submit);
        foreach (var (held, token) in _held.TakeRequests()) OnAsk(held, token);
    }

    private void BecomeUnknown(bool isLost)
    {
        Phase = Life.Unknown;
        _isLost = isLost;
    }

    // ---- requests ----

    protected override void OnAsk(Request request, ulong token)
    {
        var isExit = request.BodyCase == Request.BodyOneofCase.ProcessExited;
        if (isExit && Phase == Life.Unborn)
        {
            // A confirmation now would not be remembered: another life of the object may exist, or may begin later.
            _held.DropCallsOf(request.ProcessExited.Pid);
            HoldUntilBorn(request, token);
        }
        else if (isExit && Phase == Life.Unknown)
        {
            Answer(token, request, Errno.None);
        }
        else
        {
            base.OnAsk(request, token);
            if (isExit && Phase == Life.Removed && !_isForgotten) WakeDirectory();
        }
    }

    // The directory tells a removed object to forget itself, for as long as the directory is in memory. Nobody may ever
    // call the directory again. Then the processes that had called this object do it by their exits.
    private void WakeDirectory()
    {
        if (Outbox.HasAny) return;
        Outbox.Add(new Request { To = Directory, EndObject = new EndObject { Id = Id } });
        SendOutbox();
    }

    protected override bool MayConfirmExit(int pid) => Phase != Life.Removed || _isForgotten;

    // ENOENT: nothing of the object is left in the directory.
    private void OnEndKnown(Request request, Reply reply)
    {
        Outbox.Remove(request.To, Request.BodyOneofCase.EndObject);
        if (reply.Errno == (int)Errno.ENOENT && Phase == Life.Removed && !_isForgotten && !Outbox.HasAny)
            Emit(new Event { SelfForgotten = new SelfForgotten() });
    }

    protected override void OnRequest(Request request, ulong token)
    {
        switch (request.BodyCase)
        {
            case Request.BodyOneofCase.DestroyObject or Request.BodyOneofCase.TraceEntity when Phase == Life.Unborn:
                HoldUntilBorn(request, token);
                break;
            case Request.BodyOneofCase.DestroyObject:
                TryDestroy(request, token);
                break;
            case Request.BodyOneofCase.TraceEntity:
                var errno = WhyNotTrace(request.TraceEntity.Credentials);
                Answer(token, request, errno, errno == Errno.None ? Describe : null);
                break;
            case Request.BodyOneofCase.ForgetObject:
                Forget(request, token);
                break;
            default:
                base.OnRequest(request, token);
                break;
        }
    }

    // ---- removal ----

    private void TryDestroy(Request request, ulong token)
    {
        var credentials = request.DestroyObject.Credentials; // null: the namespace is destroyed, without a check
        if (Phase != Life.Alive)
        {
            Answer(token, request, Errno.None);
        }
        else if (credentials is not null && !IpcPermissions.Owns(Permissions, credentials))
        {
            Answer(token, request, ForeignErrno);
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

    /// <summary>
    /// Confirms that the directory has dropped the object. The directory asks after the removal, so a life that knows of
    /// no removal is an old one: it gives no answer, and the directory asks again.
    /// </summary>
    private void Forget(Request request, ulong token)
    {
        if (Phase == Life.Alive) return;
        if (Phase == Life.Removed && !_isForgotten) Emit(new Event { SelfForgotten = new SelfForgotten() });
        else if (Phase == Life.Unborn) BecomeUnknown(isLost: false);
        Answer(token, request, Errno.None);
    }

    // ptrace(2) lets root or the same user trace a process. Here root, the owner and the creator trace an object.
    private Errno WhyNotTrace(Credentials tracer) => Phase switch
    {
        Life.Alive => IpcPermissions.Owns(Permissions, tracer) ? Errno.None : Errno.EPERM,
        Life.Unknown => UnknownErrno,
        _ => AbsentErrno,
    };
}
