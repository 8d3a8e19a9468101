using Cluster.Protocol;

namespace Cluster.Client.Engine;

/// <summary>Which stream a target's calls take.</summary>
internal sealed partial class CallEngine
{
    private readonly Dictionary<string, (int Failures, long UntilMs)> _unreachable = [];
    private readonly List<EngineStream> _woken = [];
    private ulong _routes;
    private long _hastyUntilMs;

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

    /// <summary>From here on the target's calls take another stream; the outstanding ones first.</summary>
    private void Move(EngineTarget target, EngineStream? stream)
    {
        SetRoute(target, stream);
        target.Rewind();
        if (target.HasWork)
            MarkReady(target);
    }

    /// <summary>
    /// The entity left its node, in an orderly way or because a write of it failed: whoever waits brings it back.
    /// At once, but not again and again where the journal is away.
    /// </summary>
    private void BringBack(EngineTarget target, long nowMs)
    {
        if (target.First is null)
            return;
        if (nowMs - target.MovedMs < _settings.MovedMs)
        {
            target.AssertAtMs = Math.Min(target.AssertAtMs, nowMs + _settings.MovedMs);
            return;
        }

        target.MovedMs = nowMs;
        Hurry(target, nowMs);
        Move(target, target.Stream);
    }

    /// <summary>A node is gone behind this one, and with it what this one had passed on to it.</summary>
    private void Resend(EngineStream stream)
    {
        foreach (var target in _targets.Values)
        {
            if (target.Stream == stream && target.First is not null)
                Move(target, stream);
        }
    }

    private void Hurry(EngineTarget target, long nowMs)
    {
        if (target.First is null)
            return;
        target.HasteMs = _settings.HasteFirstMs;
        target.AssertAtMs = nowMs + target.HasteMs;
        _hastyUntilMs = nowMs + 2 * _settings.AssertMinMs;
        SweepSoon(nowMs);
    }

    private void LearnOwner(EngineTarget target, string node, ulong revision, long nowMs)
    {
        // An object's revision only grows, so results of an earlier owner that come late give themselves away.
        if (node.Length == 0 || revision < target.OwnerRevision)
            return;
        target.Owner = node;
        target.OwnerRevision = revision;
        if (target.Stream is not { } stream || stream.Serves(node))
            return;
        if (FindUp(node) is { } better)
            Move(target, better);
        else
            RequestOwner(node, nowMs);
    }

    /// <summary>Calls keep going the long way, through another node, until the owner's stream is up.</summary>
    private void RequestOwner(string node, long nowMs)
    {
        Remember(node);
        if (State != EngineState.Connected || _streams.Exists(stream => stream.Serves(node)))
            return;
        if (_unreachable.TryGetValue(node, out var unreachable) && nowMs < unreachable.UntilMs)
            return;
        Request(node, nowMs);
    }

    private void Penalize(string node, long nowMs)
    {
        var failures = _unreachable.TryGetValue(node, out var known) ? known.Failures + 1 : 1;
        var delayMs = Math.Min(_settings.UnreachableMs << Math.Min(failures - 1, 10), _settings.MaxUnreachableMs);
        _unreachable[node] = (failures, nowMs + Jittered(delayMs));
    }

    /// <summary>Targets that this stream serves better than the one they have, or that have none.</summary>
    private void Attract(EngineStream stream)
    {
        foreach (var target in _targets.Values)
        {
            var owned = target.Owner is { } owner && stream.Serves(owner);
            if (target.Stream is null || (owned && target.Stream != stream))
                Move(target, owned ? stream : StreamFor(target));
        }
    }

    /// <summary>The stream is gone: its targets take another one, and their objects are told all over again.</summary>
    private void Abandon(EngineStream stream, long nowMs)
    {
        foreach (var target in _targets.Values)
        {
            if (target.Stream != stream)
                continue;
            if (target.Owner is { } owner && stream.Serves(owner) && FindUp(owner) is null)
                target.Owner = null;
            target.OwnerRevision = 0;
            Hurry(target, nowMs);
            if (target.HighestResult > 0 && nowMs - target.LastUsedMs < _settings.IdleTargetMs)
            {
                target.SentAck = 0;
                if (target.UntoldSinceMs < 0)
                    AwaitAck(target, nowMs);
            }

            Move(target, StreamFor(target));
        }
    }
}
