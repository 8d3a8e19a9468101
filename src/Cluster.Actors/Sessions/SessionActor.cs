using System.Security.Cryptography;
using System.Threading.Channels;
using Akka.Actor;
using Cluster.Actors.Dispatch;
using Cluster.Actors.Membership;
using Cluster.Actors.Time;
using Cluster.Core.Sessions;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Actors.Sessions;

/// <summary>
/// Drives a <see cref="SessionCore"/>: messages are its inputs, and its outputs become messages and frames. All
/// decisions are in the core. Entities watch this actor: when it stops, the calls that wait there are suspended.
/// </summary>
internal sealed class SessionActor : UntypedActor, ISessionOutputs
{
    private readonly SessionOptions _options;
    private readonly IActorRef _limits;
    private readonly ChannelReader<ServerFrame> _frames;
    private readonly Unread _unread;
    private readonly ChannelWriter<ServerFrame> _output;
    private readonly SessionMeter _meter;
    private readonly SessionCore _core;
    private readonly Queue<FrameRoom> _rooms = []; // of the frames that the core has, in order
    private readonly TickAlarm _alarm = new(Context.System.Scheduler, Context.Self);

    private SessionActor(
        SessionOptions options, SessionSettings settings, IActorRef limits, Channel<ServerFrame> output, Unread unread)
    {
        _options = options;
        _limits = limits;
        _output = output.Writer;
        _frames = output.Reader;
        _unread = unread;
        _meter = new SessionMeter(options.Stats);
        var token = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(16));
        _core = new SessionCore(settings, token, _meter);
    }

    private static long NowMs => BootClock.NowMs;

    public static Props Props(
        SessionOptions options, SessionSettings settings, IActorRef limits, Channel<ServerFrame> output,
        Unread unread) =>
        Akka.Actor.Props.CreateBy(new Producer(options, settings, limits, output, unread));

    protected override void PreStart()
    {
        _options.Stats.AddSessions(1);
        Context.System.EventStream.Subscribe(Self, typeof(NodeGone));
        Context.System.EventStream.Subscribe(Self, typeof(GatewaysChanged));
        _core.Gateways(_options.Gateways.All);
    }

    protected override void PostStop()
    {
        _alarm.Cancel();
        _options.Stats.AddSessions(-1);
        _meter.End();
        Context.System.EventStream.Unsubscribe(Self);
        _output.TryComplete();
    }

    protected override void OnReceive(object message)
    {
        (_core.UnreadBytes, _core.UnreadBytesBound) = (_unread.Bytes, _unread.Bound);
        switch (message)
        {
            case Results results:
                if (results.Owner.Length > 0 && results.Owner != _options.Gateway)
                    _options.Stats.AddForwarded(results.Results_.Count);
                _core.Results(results, NowMs);
                break;
            case Received received:
                _rooms.Enqueue(received.Room);
                _core.Frame(received.Frame, received.Credentials, _frames.Count, NowMs);
                break;
            case ClientHasRead:
                _core.Read(NowMs);
                break;
            case Reply reply:
                _core.Reply(reply, NowMs);
                break;
            case TickAlarm.Wake:
                _alarm.Rang();
                _core.Tick(NowMs);
                break;
            case Membership.NodeGone:
                _core.NodeGone();
                break;
            case GatewaysChanged:
                _core.Gateways(_options.Gateways.All);
                break;
            case NodeStopping:
                _core.NodeStopping();
                break;
            case StreamEnded:
                Context.Stop(Self);
                return;
        }

        _core.Drain(this);
        AwaitReading();
        _unread.Expect(_core.ExpectedBytes);
        AwaitTurn();
        while (_rooms.Count > _core.HeldFrames) _rooms.Dequeue().Release();
        _alarm.Set(_core.NextTickMs, NowMs);
    }

    // The client may read the last frame before it is told that the session waits, so the session looks once more.
    private void AwaitReading()
    {
        if (_core.HeldFrames == 0)
        {
            _unread.IsAwaited = false;
            return;
        }

        if (_core.AwaitsLimits) return; // the limits come by a message
        if (!_unread.IsAwaited) _options.Stats.AddBound(Bound.UnreadBytes);
        _unread.IsAwaited = true;
        Interlocked.MemoryBarrier();
        _core.UnreadBytes = _unread.Bytes;
        _core.Read(NowMs);
        _core.Drain(this);
    }

    // A result that is expected by now has its room, so none is wanted then.
    private void AwaitTurn()
    {
        while (_unread.Want(_core.WantedBytes))
        {
            (_core.UnreadBytes, _core.UnreadBytesBound) = (_unread.Bytes, _unread.Bound);
            _core.Read(NowMs);
            _core.Drain(this);
            _unread.Expect(_core.ExpectedBytes);
        }
    }

    void ISessionOutputs.Send(Submit submit) => _options.Regions.Of(submit.To).Tell(submit);

    void ISessionOutputs.Send(Request request) => _options.Regions.Of(request.To).Tell(request);

    void ISessionOutputs.TakePid(Request request) => _options.Pids.Tell(request);

    void ISessionOutputs.Subscribe(Request request) => _limits.Tell(request);

    void ISessionOutputs.Write(ServerFrame frame)
    {
        if (frame.Farewell is { Errno: (int)Errno.ENOBUFS }) _options.Stats.AddBound(Bound.Session);
        _unread.Add(ResultSizes.Of(frame));
        _output.TryWrite(frame);
    }

    void ISessionOutputs.End()
    {
        _output.TryComplete();
        Context.Stop(Self);
    }

    private sealed class Producer(
        SessionOptions options, SessionSettings settings, IActorRef limits, Channel<ServerFrame> output, Unread unread)
        : IIndirectActorProducer
    {
        public Type ActorType => typeof(SessionActor);

        public ActorBase Produce() => new SessionActor(options, settings, limits, output, unread);

        public void Release(ActorBase actor)
        {
        }
    }
}
