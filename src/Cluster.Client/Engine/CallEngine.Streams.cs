using Cluster.Protocol;

namespace Cluster.Client.Engine;

/// <summary>The streams of the process: how they are requested, welcomed, lost and requested again.</summary>
internal sealed partial class CallEngine
{
    private readonly List<EngineStream> _streams = [];
    private readonly Queue<StreamCommand> _commands = new();
    private readonly List<string> _nodes = [];
    private EngineStream? _default;
    private int _attempts;
    private long _retryAtMs = Never;

    /// <summary>Why the last stream was lost or could not be opened.</summary>
    public string LastError { get; private set; } = "";

    /// <summary>A gateway has taken a stream, whether or not it let the process in.</summary>
    public bool HasReachedNode { get; private set; }

    /// <summary>The node for calls whose owner is not known; null: no node is connected.</summary>
    public string? DefaultNode => _default?.Node;

    /// <summary>What the driver has to do next.</summary>
    public bool TryTakeCommand(out StreamCommand command) => _commands.TryDequeue(out command);

    /// <summary>Starts to connect; otherwise the first call does.</summary>
    public void Connect(long nowMs)
    {
        if (State != EngineState.Idle)
            return;
        State = EngineState.Connecting;
        Request(null, nowMs);
        SweepSoon(nowMs);
    }

    /// <summary>A requested stream can take frames: the first will be hello.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="nowMs">The time.</param>
    /// <param name="hasGateway">
    /// Whether a gateway has answered; else <see cref="Reached"/> says so, or the first frame does.
    /// </param>
    public void Opened(EngineStream stream, long nowMs, bool hasGateway = true)
    {
        if (stream.Phase != StreamPhase.Requested)
            return;
        stream.Phase = StreamPhase.Open;
        if (hasGateway)
            Reached(stream);
        stream.LastWriteMs = nowMs;
        Wake(stream);
    }

    /// <summary>A gateway has answered on a stream.</summary>
    public void Reached(EngineStream stream) => stream.HasGateway = HasReachedNode = true;

    /// <summary>A stream ended without a farewell, or could not be opened.</summary>
    public void Lost(EngineStream stream, string reason, long nowMs) => End(stream, reason, retryNow: true, nowMs);

    /// <summary>A frame arrived.</summary>
    public void Receive(EngineStream stream, ServerFrame frame, long nowMs)
    {
        if (stream.HasEnded)
            return;
        Reached(stream);
        if (frame.Welcome is { } welcome && stream.Phase == StreamPhase.Greeted)
            ReceiveWelcome(stream, welcome, nowMs);
        Learn(frame.Gateways);
        if (frame.RenewedMs > 0)
            Renewed(frame.RenewedMs, nowMs);
        if (stream.IsUp && frame.Results.Count > 0)
        {
            foreach (var results in frame.Results)
                ReceiveResults(stream, results, nowMs);
            AdmitWaiting(nowMs);
            CloseIfDone(nowMs);
        }

        if (frame.Resend)
            ResendBehind(stream);
        if (frame.Farewell is { } farewell)
            ReceiveFarewell(stream, farewell, nowMs);
    }

    /// <summary>The next frame to write to a stream; null: nothing is due, wait to be woken.</summary>
    public ClientFrame? NextFrame(EngineStream stream, long nowMs)
    {
        var frame = stream.Phase switch
        {
            StreamPhase.Open => WriteHello(stream, nowMs),
            StreamPhase.Up => NextCalls(stream, nowMs),
            _ => null,
        };
        if (frame is null)
            stream.Woken = false;
        else
            stream.LastWriteMs = nowMs;
        return frame;
    }

    private ClientFrame WriteHello(EngineStream stream, long nowMs)
    {
        stream.HelloMs = nowMs;
        stream.Phase = StreamPhase.Greeted;
        var hello = Process is { } process
            ? new Hello
            {
                KnownProcess = new KnownProcess { Pid = process.Pid, Token = process.Token }, Token = _settings.Token,
            }
            : new Hello { NewProcess = _settings.Process, Token = _settings.Token };
        return new ClientFrame { Hello = hello };
    }

    private ClientFrame? NextCalls(EngineStream stream, long nowMs)
    {
        var frame = _frames.Build(stream, _nextSeq, nowMs);
        if (frame is null && stream.CloseDue)
        {
            stream.CloseDue = false;
            frame = new ClientFrame { Close = true, ExitStatus = _exitStatus, Exact = ExactAck() };
        }

        if (frame is null && stream.SignDue)
            frame = new ClientFrame();
        if (frame is null)
            return null;
        stream.SignDue = false;
        frame.Ack = Ack;
        frame.SentMs = nowMs;
        return frame;
    }

    private void ReceiveWelcome(EngineStream stream, Welcome welcome, long nowMs)
    {
        if (Process is { } process && process.Pid != welcome.Pid)
        {
            End(stream, $"the node took process {process.Pid} for {welcome.Pid}", retryNow: false, nowMs);
            return;
        }

        Process ??= welcome;
        Renewed(stream.HelloMs, nowMs);
        stream.Node = welcome.Node;
        stream.Phase = StreamPhase.Up;
        stream.UpMs = nowMs;
        _unreachable.Remove(stream.RequestedNode ?? stream.Node);
        Learn(welcome.Gateways);
        Remember(stream.Node);
        if (State is EngineState.Connecting or EngineState.Reconnecting)
            State = EngineState.Connected;
        if (_streams.Find(other => other != stream && other.IsUp && other.Node == stream.Node) is { } twin)
        {
            _default = _default == twin ? stream : _default;
            End(twin, "another stream to the node took over", retryNow: true, nowMs);
        }

        _default ??= stream;
        _retryAtMs = Never;
        RouteTo(stream);
    }

    private void ReceiveFarewell(EngineStream stream, Farewell farewell, long nowMs)
    {
        var reason = farewell.Reason.Length > 0 ? farewell.Reason : ((Errno)farewell.Errno).Describe();
        if (State == EngineState.Closing && !farewell.Retry)
            Finish("the client is closed");
        else if (farewell.Retry)
            End(stream, reason, retryNow: false, nowMs);
        else if (Process is not null && farewell.Errno is 0 or (int)Errno.ESRCH)
        {
            var failure = new EngineFailure(Errno.ESRCH, $"process {Process!.Pid} has ended: {reason}")
            {
                KilledBy = (Signal)farewell.Signal,
            };
            LoseProcess(failure, nowMs);
        }
        else
            Fail(new EngineFailure((Errno)farewell.Errno, reason));
    }

    private void Request(string? node, long nowMs)
    {
        var stream = new EngineStream(node, nowMs);
        _streams.Add(stream);
        _commands.Enqueue(new StreamCommand(stream, Open: true));
    }

    /// <summary>Drops a stream, and gives its targets another one.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="reason">Why.</param>
    /// <param name="retryNow">The stream may have worked well: try the next node at once.</param>
    /// <param name="nowMs">Now.</param>
    private void End(EngineStream stream, string reason, bool retryNow, long nowMs)
    {
        if (stream.HasEnded)
            return;
        var wasUp = stream.IsUp;
        stream.Phase = StreamPhase.Ended;
        stream.Ready.Clear();
        _streams.Remove(stream);
        _commands.Enqueue(new StreamCommand(stream, Open: false));
        LastError = reason;
        if (_default == stream)
            _default = _streams.Find(other => other.IsUp);
        TryLast(stream.Node);
        if (wasUp)
            LoseStream(stream, nowMs);
        else if (stream.RequestedNode is { } node)
            AvoidForAWhile(node, nowMs);
        if (_default is not null)
            return;
        if (State == EngineState.Closing)
            Finish(reason);
        else
            Reconnect(retryNow && wasUp && nowMs - stream.UpMs >= _settings.MaxReconnectDelayMs, nowMs);
    }

    private void Reconnect(bool atOnce, long nowMs)
    {
        if (State == EngineState.Connected)
            State = EngineState.Reconnecting;
        SweepSoon(nowMs);
        if (atOnce)
            _attempts = 0;
        if (_streams.Count > 0 || _retryAtMs != Never)
            return;
        var delayMs = Math.Min(_settings.ReconnectDelayMs << Math.Min(_attempts, 16), _settings.MaxReconnectDelayMs);
        _retryAtMs = atOnce ? nowMs : nowMs + Jittered(delayMs);
        if (atOnce)
            Retry(nowMs);
    }

    /// <summary>
    /// Tries the given addresses and the nodes that were heard of in turns: an address may be of a dead node.
    /// </summary>
    private void Retry(long nowMs)
    {
        _retryAtMs = Never;
        _attempts++;
        var known = _nodes.Count > 0 && _attempts % 2 == 0 ? _nodes[0] : null;
        if (known is not null)
            TryLast(known);
        Request(known, nowMs);
    }

    /// <summary>Makes a node the last one to be tried.</summary>
    private void TryLast(string node)
    {
        if (_nodes.Remove(node))
            _nodes.Add(node);
    }

    private void Remember(string node)
    {
        if (node.Length > 0 && !_settings.StaysAtGivenNodes && !_nodes.Contains(node) && _nodes.Count < Bounds.Gateways)
            _nodes.Add(node);
    }

    /// <summary>
    /// Takes the list of the nodes that serve, in place of the earlier one. New ones go to random places: the clients
    /// of a node that has died do not all go to the same node.
    /// </summary>
    private void Learn(IReadOnlyList<string> gateways)
    {
        if (gateways.Count == 0 || _settings.StaysAtGivenNodes)
            return;
        _nodes.RemoveAll(node => !gateways.Contains(node));
        foreach (var node in gateways.Take(Bounds.Gateways))
        {
            if (node.Length > 0 && !_nodes.Contains(node))
                _nodes.Insert((int)(_jitter() * (_nodes.Count + 1)), node);
        }
    }

    private long Jittered(long delayMs) => delayMs / 2 + (long)(_jitter() * delayMs);
}
