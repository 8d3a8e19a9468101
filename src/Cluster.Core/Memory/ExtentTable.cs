using Cluster.Core.Machines;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Memory;

/// <summary>
/// What a shared memory object knows of its extents: those that may have a journal, and the secret from which the
/// capabilities of all follow. An extent claims its place before it is first written, and stays until it has confirmed that
/// it is destroyed.
/// </summary>
/// <remarks>A struct. Use it as a field that is not readonly.</remarks>
internal struct ExtentTable
{
    private ByteString? _secret;
    private FewMap<int, ulong> _claimed; // index -> the one incarnation of a volatile extent; else 0

    /// <summary>The secret of the object.</summary>
    public ByteString Secret
    {
        readonly get => _secret ?? ByteString.Empty;
        set => _secret = value;
    }

    /// <summary>The number of extents that may have a journal.</summary>
    public readonly int Count => _claimed.Count;

    /// <summary>Their indexes, from the lowest.</summary>
    public readonly IEnumerable<int> Indexes => _claimed.Keys.Order();

    /// <summary>Whether an extent may have a journal.</summary>
    public readonly bool IsClaimed(int index) => _claimed.ContainsKey(index);

    /// <summary>
    /// Whether an extent may not go on. EIDRM: an earlier life of the volatile extent is lost, and what was written to it.
    /// </summary>
    public readonly Errno WhyNotOpen(OpenExtent open, bool isVolatile) =>
        _claimed.TryGetValue(open.Index, out var first) && first != LifeOf(open, isVolatile) ? Errno.EIDRM : Errno.None;

    /// <summary>The event by which an extent that is about to be written claims its place; null: none is needed.</summary>
    public readonly Event? ClaimOf(OpenExtent open, bool isVolatile)
    {
        if (!open.Create || IsClaimed(open.Index)) return null;
        var claim = new ExtentClaimed { Index = open.Index, Incarnation = LifeOf(open, isVolatile) };
        return new Event { ExtentClaimed = claim };
    }

    /// <summary>What an extent hears of its object.</summary>
    public readonly ExtentOpened ToOpened(ulong size, ulong version, bool isVolatile) => new()
    {
        Secret = Secret, Size = size, Version = version, Volatile = isVolatile,
    };

    /// <summary>The event of a confirmed destruction; null: the extent has confirmed before.</summary>
    public readonly Event? ReleaseOf(EntityKey extent)
    {
        var index = Extents.IndexOf(extent);
        return IsClaimed(index) ? new Event { ExtentReleased = new ExtentReleased { Index = index } } : null;
    }

    /// <summary>Applies a claim.</summary>
    public void Apply(ExtentClaimed claimed) => _claimed.TryAdd(claimed.Index, claimed.Incarnation);

    /// <summary>Applies a confirmed destruction.</summary>
    public void Apply(ExtentReleased released, EntityKey owner, Outbox outbox)
    {
        _claimed.Remove(released.Index);
        outbox.Remove(Extents.KeyOf(owner, released.Index), Request.BodyOneofCase.DestroyExtent);
    }

    /// <summary>Tells each extent to go, until it confirms.</summary>
    public readonly void Destroy(EntityKey owner, Outbox outbox)
    {
        foreach (var index in Indexes)
            outbox.Add(new Request { To = Extents.KeyOf(owner, index), DestroyExtent = new DestroyExtent() });
    }

    // ---- snapshot ----

    /// <summary>The claims, for the snapshot of the object.</summary>
    public readonly IEnumerable<ExtentClaimed> Save() =>
        from pair in _claimed.Entries
        orderby pair.Key
        select new ExtentClaimed { Index = pair.Key, Incarnation = pair.Value };

    /// <summary>Replaces all by what a snapshot has.</summary>
    public void Load(IEnumerable<ExtentClaimed> claims, ByteString secret)
    {
        _claimed.Clear();
        Secret = secret;
        foreach (var claim in claims) Apply(claim);
    }

    private static ulong LifeOf(OpenExtent open, bool isVolatile) => isVolatile ? open.Incarnation : 0;
}
