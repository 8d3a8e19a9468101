using Cluster.Core.Sessions;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Tests.Sessions;

/// <summary>Drives a session and stores its output.</summary>
internal sealed class SessionHost : ISessionOutputs, ILimitsOutputs<SessionHost>
{
    private readonly NodeLimits _limits = new();
    private readonly LimitsKeeper<SessionHost> _keeper;
    private readonly SessionCore _core;
    private readonly Queue<Action> _steps = [];

    public SessionHost()
    {
        _keeper = new LimitsKeeper<SessionHost>(1, _limits);
        var settings = new SessionSettings { Gateway = "here", Limits = _limits };
        _core = new SessionCore(settings, ByteString.CopyFromUtf8("token"));
    }

    public long NowMs { get; set; } = 1_000_000;

    public Queue<Submit> Submits { get; } = [];

    public Queue<Request> Requests { get; } = [];

    /// <summary>What the node has asked the namespaces.</summary>
    public Queue<Request> Subscriptions { get; } = [];

    public Queue<ServerFrame> Frames { get; } = [];

    public bool HasEnded { get; private set; }

    public int HeldFrames => _core.HeldFrames;

    public int WantedBytes => _core.WantedBytes;

    public long NextTickMs => _core.NextTickMs;

    public void Do(Action<SessionCore> input) => Run(() =>
    {
        input(_core);
        _core.Drain(this);
    });

    public void Write(ClientFrame frame, int unread = 0) => Do(core => core.Frame(frame, null, unread, NowMs));

    /// <summary>Answers the next request.</summary>
    public Request Answer(Action<Reply>? fill = null)
    {
        var request = Requests.Dequeue();
        var reply = new Reply { Id = request.Id, From = request.To };
        fill?.Invoke(reply);
        Do(core => core.Reply(reply, NowMs));
        return request;
    }

    public void Pass(long ms)
    {
        NowMs += ms;
        Do(core => core.Tick(NowMs));
    }

    /// <summary>Answers the latest question for limits.</summary>
    public Request AnswerLimits(OwnLimits limits)
    {
        var request = Subscriptions.Last();
        Subscriptions.Clear();
        Hear(new Reply { Id = request.Id, From = request.To, OwnLimits = limits });
        return request;
    }

    /// <summary>The node hears from a namespace.</summary>
    public void Hear(Reply reply) => Keep(keeper => keeper.Reply(reply, NowMs));

    /// <summary>Lets time pass for the node, and then for the session.</summary>
    public void PassAll(long ms)
    {
        NowMs += ms;
        Keep(keeper => keeper.Tick(NowMs));
        Do(core => core.Tick(NowMs));
    }

    public void Keep(Action<LimitsKeeper<SessionHost>> input) => Run(() =>
    {
        input(_keeper);
        _keeper.Drain(this);
    });

    // What follows from a step comes after it: neither the session nor the node may be called from inside of a drain.
    private void Run(Action step)
    {
        _steps.Enqueue(step);
        if (_steps.Count > 1) return;
        for (; _steps.TryPeek(out var next); _steps.Dequeue()) next();
    }

    /// <summary>Lets a new process into "/", with these limits.</summary>
    public void Open(OwnLimits? limits = null)
    {
        Write(new ClientFrame { Hello = new Hello { NewProcess = new NewProcess { LeaseMs = 3_600_000 } } });
        AnswerLimits(limits ?? new OwnLimits { LeaseMs = 1_000_000_000 });
        Answer(reply => reply.Allocated = new Allocated { First = 7 });
        Answer();
        if (Frames.Dequeue().Welcome?.Pid != 7) throw new InvalidOperationException("it was not let in");
    }

    void ISessionOutputs.Send(Submit submit) => Submits.Enqueue(submit);

    void ISessionOutputs.Send(Request request) => Requests.Enqueue(request);

    void ISessionOutputs.TakePid(Request request) => Requests.Enqueue(request);

    void ISessionOutputs.Subscribe(Request request) => Keep(keeper => keeper.Ask(request, this, NowMs));

    void ILimitsOutputs<SessionHost>.Send(Request request) => Subscriptions.Enqueue(request);

    void ILimitsOutputs<SessionHost>.Answer(SessionHost session, Reply reply) => Do(core => core.Reply(reply, NowMs));

    void ISessionOutputs.Write(ServerFrame frame) => Frames.Enqueue(frame);

    void ISessionOutputs.End() => HasEnded = true;
}
