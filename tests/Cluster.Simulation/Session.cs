using Cluster.Core.Namespaces;
using Cluster.Core.Processes;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Simulation;

/// <summary>What the gateway's session does: lets a process in, registers what it touches, stamps, passes on.</summary>
public sealed class Session(World world, Action<ServerFrame> send, Action ended)
{
    private readonly HashSet<EntityKey> _touched = [];
    private readonly Dictionary<EntityKey, List<Submit>> _held = [];
    private readonly List<(Request Request, Action<Reply> Then)> _open = [];
    private Stamp? _stamp;

    public bool IsAlive { get; private set; } = true;

    /// <summary>It did not end by itself: what it had said and is still under way is lost too.</summary>
    public bool IsBroken { get; private set; }

    public void OnFrame(ClientFrame frame)
    {
        if (!IsAlive) return;
        if (frame.Hello is { } hello)
        {
            Greet(hello);
            Repeat();
            return;
        }

        foreach (var calls in frame.Calls) OnCalls(frame.Ack, calls);
        Ask(new Request { To = Process.KeyOf(_stamp!.Pid), RenewLease = new RenewLease { Ack = frame.Ack } }, reply =>
        {
            if (reply.Errno != 0) Leave(Errno.ESRCH);
            else send(new ServerFrame { RenewedMs = frame.SentMs });
        });
        if (!frame.Close) return;
        var close = new CloseProcess { Ack = frame.Ack };
        Ask(new Request { To = Process.KeyOf(_stamp.Pid), CloseProcess = close }, _ => Leave(Errno.None));
    }

    public void OnResults(Results results)
    {
        if (!IsAlive) return;
        var target = new TargetResults
        {
            Target = new Target { Kind = results.From.Kind, Id = results.From.Id }, Moved = results.Moved,
        };
        target.Results.AddRange(results.Results_);
        send(new ServerFrame { Results = { target } });
    }

    /// <summary>The stream broke, or the gateway's node died.</summary>
    public void Break()
    {
        if (!IsAlive) return;
        IsAlive = false;
        IsBroken = true;
        world.SessionGone(this);
        ended();
    }

    private void Greet(Hello hello)
    {
        if (hello.KnownProcess is { } known)
        {
            var attach = new AttachProcess { Token = known.Token };
            Ask(new Request { To = Process.KeyOf(known.Pid), AttachProcess = attach }, reply =>
            {
                if (reply.Errno == 0) Welcome(reply.Attached.Process);
                else Leave(Errno.ESRCH);
            });
            return;
        }

        var process = new ProcessStarted
        {
            Pid = world.NextPid(),
            Credentials = hello.NewProcess.Credentials,
            Namespace = Namespace.Root,
            NamespacePath = "/",
            LeaseMs = hello.NewProcess.LeaseMs,
            Token = ByteString.CopyFrom(1, 2, 3),
        };
        Ask(
            new Request { To = Process.KeyOf(process.Pid), StartProcess = new StartProcess { Process = process } },
            reply =>
            {
                if (reply.Errno == 0) Welcome(process);
                else Leave((Errno)reply.Errno);
            });
    }

    private void Welcome(ProcessStarted process)
    {
        _stamp = new Stamp
        {
            Pid = process.Pid,
            Credentials = process.Credentials,
            Namespace = process.Namespace,
            Limits = NamespaceLimits.Defaults,
        };
        _stamp.Limits.Msgmnb = world.QueueBytes;
        world.Clock.Note($"process {process.Pid} is welcome");
        send(new ServerFrame
        {
            Welcome = new Welcome
            {
                Pid = process.Pid, Token = process.Token, LeaseMs = process.LeaseMs, Node = "gateway",
            },
        });
    }

    private void OnCalls(ulong ack, TargetCalls calls)
    {
        var key = new EntityKey { Kind = calls.Target.Kind, Namespace = Namespace.Root, Id = calls.Target.Id };
        var submit = new Submit
        {
            To = key, Stamp = _stamp, Ack = Math.Max(ack, calls.Ack), Resent = calls.Resent, Route = calls.Route,
            After = calls.After,
        };
        submit.Pending.AddRange(calls.Pending);
        submit.Calls.AddRange(calls.Calls.Select(call => call.Clone()));
        submit.Cancels.AddRange(calls.Cancels);
        if (_touched.Contains(key))
        {
            Send(submit);
            return;
        }

        if (_held.TryGetValue(key, out var held))
        {
            held.Add(submit);
            return;
        }

        _held.Add(key, [submit]);
        var touch = new TouchEntities { Keys = { key } };
        Ask(new Request { To = Process.KeyOf(_stamp!.Pid), TouchEntities = touch }, reply =>
        {
            if (reply.Errno != 0)
            {
                Leave(Errno.ESRCH);
                return;
            }

            _touched.Add(key);
            _held.Remove(key, out var waiting);
            foreach (var each in waiting!) Send(each);
        });
    }

    private void Send(Submit submit) => world.Deliver(() => world.Find(submit.To).OnSubmit(submit, this));

    private void Ask(Request request, Action<Reply> then)
    {
        _open.Add((request, then));
        Send(request);
    }

    private void Send(Request request) => world.Deliver(() => world.Find(request.To).OnRequest(request, reply =>
    {
        var open = _open.FindIndex(each => each.Request == request);
        if (!IsAlive || open < 0) return;
        var then = _open[open].Then;
        _open.RemoveAt(open);
        then(reply);
    }));

    private void Repeat() => world.Clock.After(1_000, () =>
    {
        if (!IsAlive) return;
        foreach (var (request, _) in _open.ToArray()) Send(request);
        Repeat();
    });

    private void Leave(Errno errno)
    {
        if (!IsAlive) return;
        send(new ServerFrame { Farewell = new Farewell { Errno = (int)errno } });
        IsAlive = false;
        world.SessionGone(this);
    }
}
