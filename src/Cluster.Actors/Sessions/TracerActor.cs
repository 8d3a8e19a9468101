using System.Threading.Channels;
using Akka.Actor;
using Akka.Cluster;
using Cluster.Actors.Routing;
using Cluster.Actors.Tracing;
using Cluster.Core.Objects;
using Cluster.Core.Processes;
using Cluster.Protocol;

namespace Cluster.Actors.Sessions;

/// <summary>
/// One trace: asks for permission, then reads the taps of every node of the cluster. Any node may have the entities
/// that a process calls, and an object may move to any node. Each question is repeated until it is answered.
/// </summary>
/// <remarks>
/// Each node knows of the trace before an entity moves there, so a move or a restart loses nothing. A batch is
/// acknowledged when there is room for the next, so a client that does not read fills only the buffers at the taps.
/// </remarks>
internal sealed class TracerActor : UntypedActor, IWithTimers
{
    /// <summary>Frames that may wait for the client.</summary>
    public const int UnreadBound = 16;

    private readonly SessionOptions _options;
    private readonly TraceRequest _request;
    private readonly ChannelWriter<TraceFrame> _output;
    private readonly Requests _requests;
    private readonly Dictionary<Address, Peer> _peers = [];
    private EntityKey _of = new();
    private int _unread;
    private bool _reads;
    private bool _started;
    private bool _exited;

    public TracerActor(SessionOptions options, TraceRequest request, ChannelWriter<TraceFrame> output)
    {
        (_options, _request, _output) = (options, request, output);
        _requests = new Requests(options.Regions, Self);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private static Akka.Cluster.Cluster Members => Akka.Cluster.Cluster.Get(Context.System);

    public static Props Props(SessionOptions options, TraceRequest request, ChannelWriter<TraceFrame> output) =>
        Akka.Actor.Props.Create(() => new TracerActor(options, request, output));

    protected override void PreStart()
    {
        Timers.StartPeriodicTimer(Repeat.Instance, Repeat.Instance, _options.RepeatAfter);
        var attach = new AttachProcess { Token = _request.Token };
        _requests.Send(new Request { To = Process.KeyOf(_request.Pid), AttachProcess = attach }, reply =>
        {
            if (reply.Errno == 0) MayTrace(reply.Attached.Process);
            else End(Errno.ESRCH, $"the tracer, process {_request.Pid}, is not there (any more)");
        });
    }

    protected override void PostStop()
    {
        if (_reads) Members.Unsubscribe(Self);
        _output.TryComplete();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case TraceBatch batch:
                OnBatch(batch);
                break;
            case FrameRead:
                _unread--;
                foreach (var (address, peer) in _peers) TryAcknowledge(address, peer);
                break;
            case Reply reply:
                _requests.Answer(reply);
                break;
            case ClusterEvent.IMemberEvent change:
                OnMember(change);
                break;
            case Repeat:
                OnRepeat();
                break;
            case StreamEnded:
                Context.Stop(Self);
                break;
            case NodeStopping:
                End(Errno.EAGAIN, "the node stops: try another, or again", retry: true);
                break;
        }
    }

    private void MayTrace(ProcessStarted tracer)
    {
        switch (_request.WhatCase)
        {
            case TraceRequest.WhatOneofCase.Process:
                _of = Process.KeyOf(_request.Process);
                break;
            case TraceRequest.WhatOneofCase.Object
                when ObjectKinds.Find(_request.Object.Kind)?.IsId(_request.Object.Id) is true:
                var target = _request.Object;
                _of = new EntityKey { Kind = target.Kind, Namespace = tracer.Namespace, Id = target.Id };
                break;
            default:
                End(Errno.EINVAL, "a trace is of a process or of an object");
                return;
        }

        var may = new TraceEntity { Credentials = tracer.Credentials, NamespacePath = tracer.NamespacePath };
        _requests.Send(new Request { To = _of, TraceEntity = may }, reply =>
        {
            if (reply.Errno != 0) End((Errno)reply.Errno, Describe((Errno)reply.Errno));
            else Begin();
        });
    }

    private string Describe(Errno errno) => (errno, _of.Kind) switch
    {
        (Errno.ESRCH, _) => $"there is no process {_of.Id} (any more)",
        (Errno.EPERM, Kind.Process) => $"process {_of.Id} belongs to another user",
        (Errno.EPERM, _) => $"object {_of.Id} belongs to another user",
        (Errno.EINVAL, _) => $"there is no object {_of.Id}",
        _ => $"object {_of.Id}: {errno.Describe()}",
    };

    private void Begin()
    {
        _reads = true;
        const ClusterEvent.SubscriptionInitialStateMode mode =
            ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents;
        Members.Subscribe(Self, mode, typeof(ClusterEvent.IMemberEvent));
    }

    private void OnMember(ClusterEvent.IMemberEvent change)
    {
        var address = change.Member.Address;
        if (change is ClusterEvent.MemberRemoved)
        {
            if (!_peers.Remove(address)) return;
            var news = new TraceEvent { TimeUs = NowUs, NodeLost = address.ToString() };
            if (_started) Write(new TraceFrame { Events = { news } });
            TryStart();
        }
        else if (change.Member.Status is not (MemberStatus.Joining or MemberStatus.WeaklyUp)
            && _peers.TryAdd(address, new Peer()))
        {
            Read(address, _peers[address]);
        }
    }

    private void OnBatch(TraceBatch batch)
    {
        var address = Sender.Path.Address.HasGlobalScope ? Sender.Path.Address : Members.SelfAddress;
        if (!_peers.TryGetValue(address, out var peer)) return;
        if (peer.Life != batch.Life) (peer.Life, peer.Taken, peer.Acknowledged) = (batch.Life, 0, 0);
        if (batch.Number > peer.Taken)
        {
            peer.Taken = batch.Number;
            if (batch.Events.Count > 0) Write(new TraceFrame { Events = { batch.Events } });
            foreach (var news in batch.Events) _exited |= news.Exited is not null && _of.Kind == Kind.Process;
        }

        TryAcknowledge(address, peer);
        TryStart();
    }

    private void TryAcknowledge(Address address, Peer peer)
    {
        if (_unread >= UnreadBound || peer.Acknowledged == peer.Taken) return;
        peer.Acknowledged = peer.Taken;
        Read(address, peer);
    }

    // From now on every event is seen, except on nodes that cannot be reached.
    private void TryStart()
    {
        if (_started || _peers.Count == 0) return;
        var lost = Members.State.Unreachable;
        if (_peers.Any(peer => peer.Value.Taken == 0 && lost.All(member => member.Address != peer.Key))) return;
        _started = true;
        Write(new TraceFrame { Started = true });
    }

    private void OnRepeat()
    {
        _requests.Repeat();
        if (_exited)
        {
            // Events from before the exit have arrived from all nodes by now.
            End(Errno.None, "the process has exited");
            return;
        }

        foreach (var (address, peer) in _peers) Read(address, peer);
        TryStart();
    }

    private void Read(Address address, Peer peer)
    {
        var taps = Context.ActorSelection(new RootActorPath(address) / "user" / TapActor.Name);
        taps.Tell(new TraceRead { Of = _of, Life = peer.Life, Ack = peer.Acknowledged });
    }

    private void End(Errno errno, string reason, bool retry = false)
    {
        Write(new TraceFrame { End = new TraceEnd { Errno = (int)errno, Reason = reason, Retry = retry } });
        Context.Stop(Self);
    }

    private void Write(TraceFrame frame)
    {
        _unread++;
        _output.TryWrite(frame);
    }

    private long NowUs => (_options.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>The client has read a frame.</summary>
    internal sealed class FrameRead : INoSerializationVerificationNeeded
    {
        public static readonly FrameRead Instance = new();
    }

    /// <summary>How far the tap of a node has been read.</summary>
    private sealed class Peer
    {
        public ulong Life { get; set; }

        public ulong Taken { get; set; }

        public ulong Acknowledged { get; set; }
    }

    private sealed class Repeat
    {
        public static readonly Repeat Instance = new();
    }
}
