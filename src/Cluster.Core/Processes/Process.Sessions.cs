using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Processes;

/// <content>
/// What the sessions of a process ask of it: to start, to come back, to renew the lease, to register the entities that it calls;
/// and who may trace it.
/// </content>
public sealed partial class Process
{
    private void Renew(Request request, ulong token)
    {
        if (MarkIfUnknown()) return;
        _ack = Math.Max(_ack, request.RenewLease.Ack);
        if (IsRunning)
        {
            Renew();
            Join(request.RenewLease.Gateway, token);
        }
        else
        {
            _unknown = _started is null;
        }

        Answer(token, request, IsRunning ? Errno.None : Errno.ESRCH, reply =>
        {
            if (IsRunning) reply.ProcessNews = ToNews().ProcessNews;
            else if (_ended is not null) reply.ProcessEnded = _ended.Clone();
        });
    }

    private void Start(Request request, ulong token)
    {
        var start = request.StartProcess.Process;
        if (_started is null && HasPast)
        {
            // The process has ended, and this request for its start arrives late.
            _unknown = true;
            Answer(token, request, Errno.ESRCH);
            return;
        }

        if (_started is null)
        {
            start.TimeMs = WallMs;
            Emit(new Event { ProcessStarted = start });
            Renew();
        }

        var same = _started is not null && _started.Token.Equals(start.Token) && IsRunning;
        if (same) Join(request.StartProcess.Gateway, token);
        SendOutbox();
        if (same && !_isAdopted) _starter = (request, token); // the parent has to know of its child first
        else Answer(token, request, same ? Errno.None : Errno.EEXIST);
    }

    private void Reconnect(Request request, ulong token)
    {
        if (!IsRunning)
        {
            // Anybody may ask for any pid, so there has to be an answer, but not from an old state.
            _unknown = _started is null;
            if (_unknown) Fence();
            var isOwn = _ended is not null && _started!.Token.Equals(request.AttachProcess.Token);
            Answer(token, request, Errno.ESRCH, reply => reply.ProcessEnded = isOwn ? _ended!.Clone() : null);
        }
        else if (!_started!.Token.Equals(request.AttachProcess.Token))
        {
            Answer(token, request, Errno.EPERM);
        }
        else
        {
            Renew();
            Join(request.AttachProcess.Gateway, token);
            var attached = new Attached { Process = _started.Clone(), Stopped = _halted != 0 };
            attached.Touched.AddRange(_touched.Take(ToldAtOnce));
            Answer(token, request, Errno.None, reply => reply.Attached = attached);
        }
    }

    // ptrace(2): root, or the same user. A tracer sees the processes of its own namespace and of those below.
    private void Trace(Request request, ulong token)
    {
        var (tracer, path) = (request.TraceEntity.Credentials, request.TraceEntity.NamespacePath);
        _unknown = _started is null;
        if (_unknown) Fence();
        if (!IsRunning || !IsWithin(path, _started!.NamespacePath)) Answer(token, request, Errno.ESRCH);
        else if (!MayTrace(tracer)) Answer(token, request, Errno.EPERM);
        else Answer(token, request, Errno.None);
    }

    private static bool IsWithin(string path, string own) =>
        path == "/" || own == path || own.StartsWith(path + "/", StringComparison.Ordinal);

    private void Touch(Request request, ulong token)
    {
        // An object may have got any number from a client, so there has to be an answer, but not from an old state.
        if (request.TouchEntities.ForHolder && _started is null && !HasPast) Fence();
        else if (MarkIfUnknown()) return;
        if (!IsRunning)
        {
            _unknown = _started is null;
            Answer(token, request, Errno.ESRCH);
            return;
        }

        // A process of another namespace does not exist for the object: it could not call it.
        if (request.TouchEntities.ForHolder && request.TouchEntities.Keys.Any(each => each.Namespace != _started!.Namespace))
        {
            Answer(token, request, Errno.ESRCH);
            return;
        }

        var fresh = request.TouchEntities.Keys.Where(each => !_touched.Contains(each)).Distinct().ToArray();
        if (_touched.Count + fresh.Length > Bounds.ObjectsPerProcess)
        {
            Answer(token, request, Errno.EMFILE);
            return;
        }

        if (fresh.Length > 0)
        {
            var touched = new ProcessTouched();
            touched.Keys.AddRange(fresh);
            Emit(new Event { ProcessTouched = touched });
        }

        Answer(token, request, Errno.None);
    }
}
