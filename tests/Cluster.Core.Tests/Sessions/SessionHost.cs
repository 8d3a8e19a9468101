using Cluster.Core.Sessions;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Tests.Sessions;

/// <summary>Drives a session and stores its output.</summary>
internal sealed class SessionHost : ISessionOutputs
{
    private readonly SessionCore _core =
        new(new SessionSettings { Gateway = "here" }, ByteString.CopyFromUtf8("token"));

    public long NowMs { get; set; } = 1_000_000;

    public Queue<Submit> Submits { get; } = [];

    public Queue<Request> Requests { get; } = [];

    public Queue<ServerFrame> Frames { get; } = [];

    public bool HasEnded { get; private set; }

    public int HeldFrames => _core.HeldFrames;

    public long NextTickMs => _core.NextTickMs;

    public void Do(Action<SessionCore> input)
    {
        input(_core);
        _core.Drain(this);
    }

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

    /// <summary>Lets a new process into "/", with these limits.</summary>
    public void Open(OwnLimits? limits = null)
    {
        Write(new ClientFrame { Hello = new Hello { NewProcess = new NewProcess { LeaseMs = 3_600_000 } } });
        Answer(reply => reply.OwnLimits = limits ?? new OwnLimits());
        Answer(reply => reply.Allocated = new Allocated { First = 7 });
        Answer();
        if (Frames.Dequeue().Welcome?.Pid != 7) throw new InvalidOperationException("it was not let in");
    }

    void ISessionOutputs.Send(Submit submit) => Submits.Enqueue(submit);

    void ISessionOutputs.Send(Request request) => Requests.Enqueue(request);

    void ISessionOutputs.TakePid(Request request) => Requests.Enqueue(request);

    void ISessionOutputs.Write(ServerFrame frame) => Frames.Enqueue(frame);

    void ISessionOutputs.End() => HasEnded = true;
}
