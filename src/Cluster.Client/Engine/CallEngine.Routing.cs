using Cluster.Protocol;

namespace Cluster.Client.Engine;

/// <summary>Which stream a target's calls take.</summary>
internal sealed partial class CallEngine
{
    private readonly Dictionary<string, (int Failures, long UntilMs)> _unreachable = [];
    private readonly List<EngineStream> _woken = [];
    private ulong _routes;
    private long _resendingUntilMs;

    /// <summary>Streams whose writer has to look for frames again.</summary>
    public bool TryTakeWoken(out EngineStream stream)
    {
        stream = null!;
        if (_woken.Count == 0)
            return false;
        stream = _woken[^1];
        _woken.RemoveAt(_woken.Count - 1);
        return true;
    }

    private void Wake(EngineStream stream)
    {
        if (stream.Woken)
            return;
        stream.Woken = true;
        _woken.Add(stream);
    }

    private void MarkReady(EngineTarget target)
    {
        if (target.IsReady || target.Stream is not { IsUp: true } stream)
            return;
        target.IsReady = true;
        stream.Ready.Enqueue(target);
        Wake(stream);
    }

    private EngineStream? StreamFor(EngineTarget target) =>
        (target.Owner is { } owner ? FindUp(owner) : null) ?? _default;

    private EngineStream? FindUp(string node)
    {
        foreach (var stream in _streams)
        {
            if (stream.IsUp && stream.Serves(node))
                return stream;
        }

        return null;
    }

    private void SetRoute(EngineTarget target, EngineStream? stream)
    {
        target.Stream = stream;
        target.Number = ++_routes;
    }

    /// <summary>Gives a target another stream. Its outstanding calls are sent again, before new ones.</summary>
    private void Reroute(EngineTarget target, EngineStream? stream)
    {
        SetRoute(target, stream);
        target.ResendAll();
        if (target.HasWork)
            MarkReady(target);
    }

    /// <summary>
    /// The entity left its node, because it moved or because a write failed. Calls that are sent again start it
    /// elsewhere. Sends them at once, but not again and again while the journal is away.
    /// </summary>
    private void ResendMoved(EngineTarget target, long nowMs)
    {
        if (target.First is null)
            return;
        if (nowMs - target.MovedMs < _settings.MovedMs)
        {
            target.AssertAtMs = Math.Min(target.AssertAtMs, nowMs + _settings.MovedMs);
            return;
        }

        target.MovedMs = nowMs;
        ResendSoon(target, nowMs);
        Reroute(target, target.Stream);
    }

    /// <summary>A node behind this stream's node has died, and with it the calls that were passed on to it.</summary>
    private void ResendBehind(EngineStream stream)
    {
        foreach (var target in _targets.Values)
        {
            if (target.Stream == stream && target.First is not null)
                Reroute(target, stream);
        }
    }

    /// <summary>
    /// Has the calls of a target sent again soon, and often at first: the first copies may be lost as well.
    /// </summary>
    private void ResendSoon(EngineTarget target, long nowMs)
    {
        if (target.First is null)
            return;
        target.ResendPauseMs = _settings.FirstResendPauseMs;
        target.AssertAtMs = nowMs + target.ResendPauseMs;
        _resendingUntilMs = nowMs + 2 * _settings.AssertMinMs;
        SweepSoon(nowMs);
    }

    private void LearnOwner(EngineTarget target, string node, ulong revision, long nowMs)
    {
        // The revision of an object only grows: late results of an earlier owner have a lower one.
        if (node.Length == 0 || revision < target.OwnerRevision)
            return;
        target.Owner = node;
        target.OwnerRevision = revision;
        if (target.Stream is not { } stream || stream.Serves(node))
            return;
        if (FindUp(node) is { } better)
            Reroute(target, better);
        else
            RequestOwner(node, nowMs);
    }

    /// <summary>Asks for a stream to the owner. Until it is up, calls go through another node.</summary>
    private void RequestOwner(string node, long nowMs)
    {
        if (_settings.StaysAtGivenNodes)
            return;
        Remember(node);
        if (State != EngineState.Connected || _streams.Exists(stream => stream.Serves(node)))
            return;
        if (_unreachable.TryGetValue(node, out var unreachable) && nowMs < unreachable.UntilMs)
            return;
        Request(node, nowMs);
    }

    /// <summary>Leaves a node alone that could not be reached; longer after each failure.</summary>
    private void AvoidForAWhile(string node, long nowMs)
    {
        var failures = _unreachable.TryGetValue(node, out var known) ? known.Failures + 1 : 1;
        var delayMs = Math.Min(_settings.UnreachableMs << Math.Min(failures - 1, 10), _settings.MaxUnreachableMs);
        _unreachable[node] = (failures, nowMs + Jittered(delayMs));
    }

    /// <summary>
    /// Gives a new stream the targets that it serves better than their present one, and those that have none.
    /// </summary>
    private void RouteTo(EngineStream stream)
    {
        foreach (var target in _targets.Values)
        {
            var owned = target.Owner is { } owner && stream.Serves(owner);
            if (target.Stream is null || (owned && target.Stream != stream))
                Reroute(target, owned ? stream : StreamFor(target));
        }
    }

    /// <summary>
    /// The stream is lost: its targets take another one, and their calls and acknowledgements are sent again.
    /// </summary>
    private void LoseStream(EngineStream stream, long nowMs)
    {
        foreach (var target in _targets.Values)
        {
            if (target.Stream != stream)
                continue;
            if (target.Owner is { } owner && stream.Serves(owner) && FindUp(owner) is null)
                target.Owner = null;
            target.OwnerRevision = 0;
            ResendSoon(target, nowMs);
            if (target.HighestResult > 0 && nowMs - target.LastUsedMs < _settings.IdleTargetMs)
            {
                target.SentAck = 0;
                if (target.UntoldSinceMs < 0)
                    AwaitAck(target, nowMs);
            }

            Reroute(target, StreamFor(target));
        }
    }
}
