using System.Diagnostics;
using System.Threading.Channels;
using Akka.Actor;
using Cluster.Actors.Membership;
using Cluster.Actors.Metrics;
using Cluster.Actors.Spans;
using Cluster.Core.Entities;
using Cluster.Core.Processes;
using Cluster.Protocol;
using Google.Protobuf.Collections;

namespace Cluster.Actors.Sessions;

/// <summary>
/// One stream of one process: stamps the calls that a client sends and passes them on, a message for each entity and
/// frame; passes results back. It keeps no calls: what is lost here, the client sends again.
/// </summary>
/// <remarks>
/// Before a call that may leave something behind goes to an entity for the first time, the entity is registered with
/// the process (see Process), so that it hears of the exit. The lease is renewed by what the client sends, not by the
/// connection: a client that hangs is not alive. Entities watch this actor: when it stops, what waits is suspended.
/// </remarks>
internal sealed partial class SessionActor : UntypedActor, IWithTimers
{
    /// <summary>Frames that may wait for the client to read them.</summary>
    private const int UnreadBound = 16_384;

    private readonly SessionOptions _options;
    private readonly ChannelReader<ServerFrame> _unread;
    private readonly ChannelWriter<ServerFrame> _output;
    private readonly Requests _requests;
    private readonly Dictionary<Target, EntityKey> _keys = [];
    private readonly HashSet<Target> _touched = [];
    private readonly Dictionary<Target, List<Submit>> _untouched = [];
    private readonly Dictionary<ulong, SentCall> _unanswered = [];
    private SessionSpans? _spans;
    private Stamp _stamp = new();
    private EntityKey _process = new();
    private long _leaseMs;
    private long _renewedMs;
    private bool _isOpen;
    private bool _isClosing;

    public SessionActor(SessionOptions options, Channel<ServerFrame> output)
    {
        _options = options;
        _output = output.Writer;
        _unread = output.Reader;
        _requests = new Requests(options.Regions, Self)
        {
            Sent = () =>
            {
                if (!Timers.IsTimerActive(RepeatSoon.Instance))
                    Timers.StartSingleTimer(RepeatSoon.Instance, RepeatSoon.Instance, options.RepeatSoonAfter);
            },
        };
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(SessionOptions options, Channel<ServerFrame> output) =>
        Akka.Actor.Props.Create(() => new SessionActor(options, output));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        _options.Stats.AddSessions(1);
        Context.System.EventStream.Subscribe(Self, typeof(NodeGone));
        Timers.StartPeriodicTimer(Repeat.Instance, Repeat.Instance, _options.RepeatAfter);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _options.Stats.AddSessions(-1);
        _spans?.EndAll();
        Context.System.EventStream.Unsubscribe(Self);
        _output.TryComplete();
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Results results:
                OnResults(results);
                break;
            case Received received:
                if (_isOpen) OnFrame(received.Frame);
                else OnHello(received);
                received.Room.Release();
                break;
            case Reply reply:
                if (!_requests.Answer(reply)) OnLimits(reply);
                break;
            case Repeat:
                OnRepeat();
                break;
            case RepeatSoon:
                _requests.Repeat();
                break;
            case StreamEnded:
                Context.Stop(Self);
                break;
            case NodeGone:
                if (_isOpen && _unanswered.Count > 0) _output.TryWrite(new ServerFrame { Resend = true });
                break;
            case NodeStopping:
                Leave(Errno.EAGAIN, "the node stops: try another, or again", retry: true);
                break;
        }
    }

    private void OnFrame(ClientFrame frame)
    {
        if (frame.Hello is not null)
        {
            Leave(Errno.EPROTO, "the stream has a process already: hello comes once, in the first frame");
            return;
        }

        foreach (var calls in frame.Calls)
        {
            if (!OnCalls(frame.Ack, calls)) return;
        }

        RenewLease(frame);
        if (frame.Close) Close(frame.Ack);
    }

    private bool OnCalls(ulong ack, TargetCalls calls)
    {
        if (calls.Target is not { } target || !TryGetKey(target, out var key))
        {
            Leave(Errno.EPROTO, $"there is no kind {(int?)calls.Target?.Kind} that a client may call");
            return false;
        }

        if (calls.Calls.Count > Bounds.CallsPerFrame || calls.Cancels.Count > Bounds.CallsPerFrame
            || calls.Pending.Count > Bounds.PendingPerTarget)
        {
            Leave(Errno.EPROTO, $"a frame may have {Bounds.CallsPerFrame} calls for one target, "
                + $"and {Bounds.PendingPerTarget} that are pending");
            return false;
        }

        if (calls.Calls.Any(call => !IsSeq(call.Seq)) || calls.Cancels.Any(seq => !IsSeq(seq)))
        {
            Leave(Errno.EPROTO, $"the seq of a call has to be 1 to {ulong.MaxValue - 1}");
            return false;
        }

        var now = Stopwatch.GetTimestamp();
        foreach (var call in calls.Calls) _unanswered.TryAdd(call.Seq, new SentCall(now, (int)call.OpCase));
        if (_unanswered.Count > Bounds.CallsPerProcess || _unread.Count > UnreadBound)
        {
            Leave(Errno.ENOBUFS, $"more than {Bounds.CallsPerProcess} calls are unanswered, "
                + $"or {UnreadBound} frames unread", retry: true);
            return false;
        }

        if (CallSpans.HasListeners) SessionSpans.Begin(ref _spans, target, calls.Calls, calls.Resent);
        var submit = new Submit
        {
            To = key, Stamp = _stamp, Ack = Math.Max(ack, calls.Ack), Resent = calls.Resent, Route = calls.Route,
            After = calls.After,
        };
        submit.Pending.AddRange(calls.Pending);
        submit.Calls.AddRange(calls.Calls);
        submit.Cancels.AddRange(calls.Cancels);
        _options.Stats.AddCalls(submit.Calls.Count);
        if (_touched.Contains(target)) Send(submit);
        else if (_untouched.TryGetValue(target, out var held)) held.Add(submit);
        else if (LeavesTraces(submit)) Touch(target, submit);
        else Send(submit);
        return true;
    }

    private void Send(Submit submit) => _options.Regions.Of(submit.To).Tell(submit);

    private void Touch(Target target, Submit first)
    {
        _untouched.Add(target, [first]);
        var touch = new Request { To = _process, TouchEntities = new TouchEntities { Keys = { first.To } } };
        _requests.Send(touch, reply =>
        {
            if (!_untouched.Remove(target, out var held)) return;
            if (reply.Errno == (int)Errno.ESRCH)
            {
                foreach (var submit in held) Refuse(target, submit, Errno.ESRCH);
                Leave(Errno.ESRCH, "the process has exited");
                return;
            }

            if (reply.Errno == 0) _touched.Add(target);
            foreach (var submit in held)
            {
                if (reply.Errno == 0) Send(submit);
                else _output.TryWrite(new ServerFrame { Results = { Refuse(target, submit, (Errno)reply.Errno) } });
            }
        });
    }

    // What does not come so far as to an entity is a call that has failed all the same.
    private TargetResults Refuse(Target target, Submit submit, Errno errno)
    {
        var refused = new TargetResults { Target = target };
        foreach (var call in submit.Calls) refused.Results.Add(new Result { Seq = call.Seq, Errno = (int)errno });
        Count(target, refused.Results);
        return refused;
    }

    private void OnResults(Results results)
    {
        var from = new Target { Kind = results.From.Kind, Id = results.From.Id };
        Count(from, results.Results_);
        var owner = results.Owner == _options.Gateway ? "" : results.Owner;
        if (owner.Length > 0) _options.Stats.AddForwarded(results.Results_.Count);
        var target = new TargetResults { Target = from, Owner = owner, Moved = results.Moved };
        target.Results.AddRange(results.Results_);
        _output.TryWrite(new ServerFrame { Results = { target } });
    }

    private void Count(Target from, RepeatedField<Result> results)
    {
        _options.Stats.AddResults(results.Count);
        Settle(from, results);
        if (_spans is null) return;
        for (var i = 0; i < results.Count; i++) _spans.End(results[i]);
    }

    private void Settle(Target from, RepeatedField<Result> results)
    {
        if (_options.Stats.CallMeter is not { } meter)
        {
            for (var i = 0; i < results.Count; i++) _unanswered.Remove(results[i].Seq);
            return;
        }

        var batch = meter.Begin(from);
        for (var i = 0; i < results.Count; i++)
        {
            if (_unanswered.Remove(results[i].Seq, out var call)) batch.Add(call, results[i].Errno);
        }

        batch.Flush();
    }

    // 0 is no call, and no acknowledgement could pass the highest: what it left in a ledger would stay.
    private static bool IsSeq(ulong seq) => seq is not (0 or ulong.MaxValue);

    private bool TryGetKey(Target target, out EntityKey key)
    {
        if (_keys.TryGetValue(target, out key!)) return true;
        if (ClientTargets.Find(target, _stamp.Namespace) is not { } found) return false;
        if (_keys.Count >= 2 * Bounds.ObjectsPerProcess) _keys.Clear();
        _keys[target] = key = found;
        return true;
    }

    private static bool LeavesTraces(Submit submit)
    {
        if (submit.Cancels.Count > 0) return true;
        foreach (var call in submit.Calls)
        {
            if (!CallTraits.ReadsOnly(call)) return true;
        }

        return false;
    }

    private void RenewLease(ClientFrame frame)
    {
        var nowMs = NowMs;
        if (nowMs - _renewedMs < _leaseMs / 4 || _isClosing) return;
        _renewedMs = nowMs;
        var sentMs = frame.SentMs;
        _requests.Send(new Request { To = _process, RenewLease = new RenewLease { Ack = frame.Ack } }, reply =>
        {
            if (reply.Errno != 0) Leave(Errno.ESRCH, "the process has exited: its lease ran out");
            else _output.TryWrite(new ServerFrame { RenewedMs = sentMs });
        });
    }

    private void Close(ulong ack)
    {
        if (_isClosing) return;
        _isClosing = true;
        _requests.Send(new Request { To = _process, CloseProcess = new CloseProcess { Ack = ack } }, _ =>
            Leave(Errno.None, "the process has exited"));
    }

    private void Leave(Errno errno, string reason, bool retry = false)
    {
        var farewell = new Farewell { Errno = (int)errno, Reason = reason, Retry = retry };
        _output.TryWrite(new ServerFrame { Farewell = farewell });
        _output.TryComplete();
        Context.Stop(Self);
    }

    private void OnRepeat()
    {
        _requests.Repeat();
        if (!_isOpen && NowMs > _openUntilMs)
            Leave(Errno.EAGAIN, "the cluster does not answer: try again", retry: true);
    }

    private long NowMs => _options.Time.GetUtcNow().ToUnixTimeMilliseconds();

    private sealed class RepeatSoon
    {
        public static readonly RepeatSoon Instance = new();
    }

    private sealed class Repeat
    {
        public static readonly Repeat Instance = new();
    }
}
