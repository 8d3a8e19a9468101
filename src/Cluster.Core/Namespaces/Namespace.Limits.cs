using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Namespaces;

/// <content>
/// The limits. The nodes hold them for their sessions by leases, so that a call needs no question. A change is answered
/// when no node can use the old value any more: each holder has confirmed the new one, is gone, or its lease has run
/// out. The holders are journalled, so that the namespace knows after a crash for whom it has to wait.
/// </content>
public sealed partial class Namespace
{
    /// <summary>How long a node may use the limits, in ms from the moment when it asked.</summary>
    public const long LeaseMs = 15_000;

    /// <summary>
    /// How long the namespace waits for a holder, in ms from the moment when it was asked. Longer than the lease: the
    /// clocks of two nodes differ in their rate, and an earlier life of the namespace may have answered until its end.
    /// </summary>
    public const long GrantMs = 17_000;

    // A holder that has lost the news hears it again after this.
    private const long RemindAfterMs = 500;

    private readonly SortedDictionary<string, long> _limits = new(StringComparer.Ordinal);
    private readonly LimitsHolders _holders = new();
    private readonly Dictionary<(int Pid, ulong Seq), ulong> _unconfirmed = []; // calls, and the revision they wait for
    private ulong _limitsRevision;
    private long _remindAtMs = long.MaxValue;

    public override long NextTickMs
    {
        get
        {
            var nextMs = Math.Min(base.NextTickMs, _holders.NextEndMs);
            return _unconfirmed.Count > 0 ? Math.Min(nextMs, _remindAtMs) : nextMs;
        }
    }

    public override bool MayPassivate => base.MayPassivate && _holders.Count == 0 && _unconfirmed.Count == 0;

    private void SetLimit(int pid, ulong seq, LimitsSet set)
    {
        if (LimitRow.Find(set.Name) is not { } row) FailUnrecorded(pid, seq, Errno.ENOENT);
        else if (!set.Inherit && !row.IsValid(set.Value)) FailUnrecorded(pid, seq, row.Invalid);
        else
        {
            Emit(new Event
            {
                LimitChanged = new LimitChanged
                {
                    Pid = pid, Seq = seq, Name = set.Name, Value = set.Value, Inherit = set.Inherit,
                },
            });
            Publish(LimitsNews());
            if (!Withholds(pid, seq)) Release(pid, seq);
        }
    }

    // Also a result that an earlier life of the namespace has stored: that life may have ended before the answer.
    protected override bool Withholds(int pid, ulong seq)
    {
        if (_holders.Have(_limitsRevision)) return false;
        if (_unconfirmed.Count == 0) _remindAtMs = NowMs + RemindAfterMs;
        _unconfirmed.TryAdd((pid, seq), _limitsRevision);
        return true;
    }

    private void OnSubscribe(Request request, ulong token)
    {
        var asked = request.SubscribeLimits;
        if (_destroying || asked.Returned)
        {
            EndLeases([asked.Holder]);
            Answer(token, request, _destroying ? Errno.ENOENT : Errno.None, FillLimits);
            return;
        }

        Subscribe(token);
        if (asked.Holder != 0)
        {
            if (!_holders.Contains(asked.Holder)) EmitIncarnated(incarnated => incarnated.Lent = asked.Holder);
            _holders.Renew(asked.Holder, token, asked.Revision, NowMs + GrantMs);
        }

        Answer(token, request, Errno.None, FillLimits);
        ReleaseConfirmed();
    }

    protected override void OnUnsubscribed(ulong token)
    {
        if (_holders.WithToken(token) is not 0 and var holder) EndLeases([holder]);
    }

    protected override void OnTick()
    {
        EndLeases([.. _holders.Ended(NowMs)]);
        if (_unconfirmed.Count == 0 || NowMs < _remindAtMs) return;
        _remindAtMs = NowMs + RemindAfterMs;
        foreach (var token in _holders.Behind(_limitsRevision).ToArray()) Push(token, LimitsNews());
    }

    protected override void OnRecovered() => _holders.SetAll(NowMs + GrantMs);

    private void EndLeases(IReadOnlyList<ulong> holders)
    {
        var known = holders.Where(_holders.Contains).ToArray();
        if (known.Length == 0) return;
        foreach (var holder in known)
        {
            if (_holders.TokenOf(holder) is not 0 and var token) Unsubscribe(token);
        }

        EmitIncarnated(incarnated => incarnated.Returned.AddRange(known));
        ReleaseConfirmed();
    }

    private void ReleaseConfirmed()
    {
        if (_unconfirmed.Count == 0) return;
        foreach (var ((pid, seq), revision) in _unconfirmed.ToArray())
        {
            if (!_holders.Have(revision)) continue;
            _unconfirmed.Remove((pid, seq));
            Release(pid, seq);
        }
    }

    private void EmitIncarnated(Action<Incarnated> fill)
    {
        var incarnated = new Incarnated { TimeMs = WallMs };
        fill(incarnated);
        Emit(new Event { Incarnated = incarnated });
    }

    private Reply LimitsNews()
    {
        var news = new Reply { From = Key };
        FillLimits(news);
        return news;
    }

    private void FillLimits(Reply reply)
    {
        reply.OwnLimits = new OwnLimits { Revision = _limitsRevision, LeaseMs = LeaseMs };
        foreach (var (name, value) in _limits) reply.OwnLimits.Limits.Add(name, value);
    }

    // ---- apply ----

    protected override void ApplyIncarnated(Incarnated fact)
    {
        if (fact.Lent != 0) _holders.Add(fact.Lent);
        foreach (var holder in fact.Returned) _holders.Remove(holder);
    }

    private void Apply(LimitChanged changed)
    {
        _limitsRevision++;
        if (changed.Inherit) _limits.Remove(changed.Name);
        else _limits[changed.Name] = changed.Value;
        ApplyCompleted(changed.Pid, new Result { Seq = changed.Seq });
    }

    private void SaveLimits(NamespaceState state)
    {
        foreach (var (name, value) in _limits) state.Limits.Add(name, value);
        state.LimitsRevision = _limitsRevision;
        state.Holders.AddRange(_holders.Numbers);
    }

    private void LoadLimits(NamespaceState state)
    {
        _limits.Clear();
        _holders.Clear();
        foreach (var (name, value) in state.Limits) _limits.Add(name, value);
        foreach (var holder in state.Holders) _holders.Add(holder);
        _limitsRevision = state.LimitsRevision;
    }
}
