using Cluster.Core.Entities;
using Cluster.Core.Processes;
using Cluster.Protocol;
using Google.Protobuf;
using Google.Protobuf.Collections;

namespace Cluster.Core.Sessions;

/// <summary>
/// Everything that one stream of one process decides: it lets the process in, stamps its calls with pid, credentials
/// and limits, passes them on with one message for each entity and frame, and passes results back. It keeps no calls:
/// the client sends again what is lost here.
/// </summary>
/// <remarks>
/// Before a call that may leave something in an entity goes there for the first time, the entity is registered with the
/// process (see Process), so that it hears of the exit. What the client sends renews the lease, not the connection: a
/// client that hangs is not alive.
/// Pure, as <see cref="Shells.EntityShell{TRef}"/> is. After each input the driver calls <see cref="Drain"/>, and has
/// <see cref="Tick"/> called at <see cref="NextTickMs"/>:
/// <code>
/// var core = new SessionCore(settings, token, observer);  // UnreadBytes and UnreadBytesBound before each input
/// while (!ended)                                     // set by outputs.End
/// {
///     switch (Next())
///     {
///         case ClientFrame frame: core.Frame(frame, credentials, unreadFrames, now); break;
///         case Results results: core.Results(results, now); break;
///         case ClientHasRead: core.Read(now); break;
///         case Reply reply: core.Reply(reply, now); break;
///         case TimeHasCome: core.Tick(now); break;
///     }
///     core.Drain(outputs);
///     WakeAt(core.NextTickMs);
/// }
/// </code>
/// Entities watch the driver of a session: when it is gone, the calls of its process that wait there are suspended.
/// </remarks>
public sealed partial class SessionCore
{
    /// <summary>Frames that may wait for the client to read them.</summary>
    public const int UnreadBound = 16_384;

    private readonly SessionSettings _settings;
    private readonly ISessionObserver? _observer;
    private readonly Queue<object> _outputs = []; // Submit, Request and ServerFrame, in order; empty after each Drain
    private readonly OpenRequests _requests;
    private readonly Dictionary<Target, EntityKey> _keys = [];
    private readonly HashSet<Target> _touched = [];
    private readonly Dictionary<Target, List<Submit>> _untouched = [];
    private readonly Dictionary<ulong, Unanswered> _unanswered = [];
    private IReadOnlyList<string> _gateways = [];
    private Stamp _stamp = new();
    private EntityKey _process = new();
    private long _nowMs;
    private long _leaseMs;
    private long _renewedMs;
    private bool _isClosing;
    private bool _isOver;

    /// <summary>A session whose client has said nothing yet.</summary>
    /// <param name="settings">What the sessions of a node have in common.</param>
    /// <param name="token">The secret of the process, if this session starts one: 16 random bytes.</param>
    /// <param name="observer">Looks on; null: nobody does.</param>
    public SessionCore(SessionSettings settings, ByteString token, ISessionObserver? observer = null)
    {
        _settings = settings;
        _token = token;
        _observer = observer;
        _requests = new OpenRequests(settings, _outputs.Enqueue);
        _limits = new LimitsWatch(settings.Limits);
    }

    /// <summary>Whether the client was let in.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>The process, as calls carry it; of no meaning before <see cref="IsOpen"/>.</summary>
    public Stamp Stamp => _stamp;

    /// <summary>When <see cref="Tick"/> is needed next, in ms of that clock; MaxValue: never.</summary>
    public long NextTickMs => _isOver ? long.MaxValue : Math.Min(_requests.NextTickMs, IsOpen ? RenewAtMs : _openUntilMs);

    // ---- inputs ----

    /// <summary>A frame of the client.</summary>
    /// <param name="frame">It belongs to the session from now on.</param>
    /// <param name="credentials">
    /// Who a new process may be, or whose a known one has to be; null: the frame is no hello, or it may be anybody's.
    /// </param>
    /// <param name="unreadFrames">Frames that the client has not read yet.</param>
    /// <param name="nowMs">The time, in ms of a clock that is never set.</param>
    public void Frame(ClientFrame frame, Credentials? credentials, int unreadFrames, long nowMs)
    {
        if (_isOver) return;
        _nowMs = nowMs;
        if (!IsOpen)
        {
            Greet(frame, credentials);
            return;
        }

        if (frame.Hello is not null)
        {
            Leave(Errno.EPROTO, "the stream has a process already: hello comes once, in the first frame");
            return;
        }

        if (unreadFrames > UnreadBound)
        {
            Leave(Errno.ENOBUFS, $"more than {UnreadBound} frames are unread", retry: true);
            return;
        }

        RenewLease(frame);
        Take(frame);
    }

    /// <summary>Results of an entity, or its word that outstanding calls have to come again.</summary>
    /// <param name="results">They belong to the session from now on.</param>
    /// <param name="nowMs">The time, in ms of a clock that is never set.</param>
    public void Results(Results results, long nowMs)
    {
        if (_isOver || _isStopped) return;
        _nowMs = nowMs;
        var from = new Target { Kind = results.From.Kind, Id = results.From.Id };
        Settle(from, results.Results_);
        var owner = results.Owner == _settings.Gateway ? "" : results.Owner;
        var target = new TargetResults { Target = from, Owner = owner, Moved = results.Moved };
        target.Results.AddRange(results.Results_);
        Write(new ServerFrame { Results = { target } });
        PassHeld();
    }

    /// <summary>An answer to a request, or news of the process.</summary>
    public void Reply(Reply reply, long nowMs)
    {
        if (_isOver) return;
        _nowMs = nowMs;
        if (_requests.Answer(reply)) return;
        if (!reply.From.Equals(_process)) return;
        if (reply.ProcessEnded is not null) OnProcessEnded(reply.ProcessEnded);
        else if (reply.ProcessNews is not null) OnNews(reply.ProcessNews);
        else if (reply.Errno == (int)Errno.EAGAIN) Renew(_clientAck, 0); // the entity has moved: subscribe again
    }

    /// <summary>Time has passed.</summary>
    public void Tick(long nowMs)
    {
        if (_isOver) return;
        _nowMs = nowMs;
        if (!IsOpen && nowMs >= _openUntilMs)
        {
            Leave(Errno.EAGAIN, "the cluster does not answer: try again", retry: true);
            return;
        }

        if (nowMs >= RenewAtMs) RenewLease(_held.Peek());
        _requests.Tick(nowMs);
    }

    /// <summary>A node of the cluster is gone: calls that were on their way to it are lost.</summary>
    public void NodeGone()
    {
        if (_isOver || !IsOpen) return;
        if (_unanswered.Count > 0) Write(new ServerFrame { Resend = true });
        Renew(_clientAck, 0); // the process entity may have been there: subscribe to its next life
    }

    /// <summary>The nodes that take sessions: the client can go on at any of them.</summary>
    /// <param name="addresses">
    /// The addresses of their gateways, in an order that does not change by itself; at most
    /// <see cref="Bounds.Gateways"/>.
    /// </param>
    public void Gateways(IReadOnlyList<string> addresses)
    {
        if (_isOver || addresses.SequenceEqual(_gateways)) return;
        _gateways = addresses;
        if (IsOpen && addresses.Count > 0) Write(new ServerFrame { Gateways = { addresses } });
    }

    /// <summary>This node stops: the client goes on elsewhere.</summary>
    public void NodeStopping() => Leave(Errno.EAGAIN, "the node stops: try another, or again", retry: true);

    // ---- outputs ----

    /// <summary>Hands over what is to be sent after an input. To be called after each.</summary>
    public void Drain(ISessionOutputs outputs)
    {
        while (_outputs.TryDequeue(out var output))
        {
            switch (output)
            {
                case Submit submit:
                    outputs.Send(submit);
                    break;
                case Request { To.Kind: Kind.Allocator } request:
                    outputs.TakePid(request);
                    break;
                case Request { SubscribeLimits: not null } request:
                    outputs.Subscribe(request);
                    break;
                case Request request:
                    outputs.Send(request);
                    break;
                case ServerFrame frame:
                    outputs.Write(frame);
                    break;
            }
        }

        if (_isOver) outputs.End();
    }

    // ---- the process ----

    // Frames that wait for the node keep later ones in the connection, so the silence of the client says nothing then.
    // Its connection ends if it does not answer pings.
    private long RenewAtMs => _held.Count > 0 && (WantedBytes > 0 || AwaitsLimits || _isStopped) && !_isClosing
        ? _renewedMs + Math.Max(1, _leaseMs / 4)
        : long.MaxValue;

    private void RenewLease(ClientFrame frame)
    {
        _clientAck = Math.Max(_clientAck, frame.Ack);
        if (_nowMs - _renewedMs < _leaseMs / 4 || _isClosing) return;
        _renewedMs = _nowMs;
        Renew(frame.Ack, frame.SentMs);
    }

    private void Renew(ulong ack, long sentMs)
    {
        if (_isClosing) return;
        var renew = new Request { To = _process, RenewLease = new RenewLease { Ack = ack, Gateway = _settings.Gateway } };
        _requests.Send(renew, _nowMs, reply =>
        {
            if (reply.ProcessEnded is { Signal: not 0 } killed) LeaveKilled(killed.Signal);
            else if (reply.Errno != 0) Leave(Errno.ESRCH, "the process has exited: its lease ran out");
            else
            {
                if (sentMs != 0) Write(new ServerFrame { RenewedMs = sentMs });
                if (reply.ProcessNews is { } news) OnNews(news);
            }
        });
    }

    // News of the process entity. A close has its own answer.
    private void OnProcessEnded(ProcessEnded ended)
    {
        if (_isClosing) return;
        if (ended.Signal != 0) LeaveKilled(ended.Signal);
        else Leave(Errno.ESRCH, ended.Expired ? "the process has exited: its lease ran out" : "the process has exited");
    }

    private void Close(ClientFrame frame)
    {
        if (_isClosing) return;
        if (frame.Exact?.Except.Count > Bounds.CallsPerFrame)
        {
            Leave(Errno.EPROTO, $"a close may name {Bounds.CallsPerFrame} calls that are not acknowledged");
            return;
        }

        _isClosing = true;
        var close = new Request
        {
            To = _process, CloseProcess = new CloseProcess { Ack = frame.Ack, Exact = frame.Exact, Status = frame.ExitStatus },
        };
        _requests.Send(close, _nowMs, _ => Leave(Errno.None, "the process has exited"));
    }

    private void Write(ServerFrame frame) => _outputs.Enqueue(frame);

    private void Leave(Errno errno, string reason, bool retry = false)
    {
        if (_isOver) return;
        _isOver = true;
        Write(new ServerFrame { Farewell = new Farewell { Errno = (int)errno, Reason = reason, Retry = retry } });
    }
}
