using Cluster.Core.Namespaces;
using Cluster.Protocol;
using Google.Protobuf.Collections;

namespace Cluster.Core.Sessions;

/// <summary>
/// The limits that hold for one process: those of each namespace on its path, from "/" down. The node holds them by
/// leases (<see cref="LimitsKeeper{TRef}"/>). A session without a valid lease passes no calls until it has one again.
/// </summary>
internal sealed class LimitsWatch(NodeLimits node)
{
    private readonly List<Level> _path = [];

    /// <summary>How many namespaces the path has so far.</summary>
    public int Depth => _path.Count;

    /// <summary>The number of the namespace at the end of the path.</summary>
    public ulong Last => _path[^1].Number;

    /// <summary>Goes one namespace further down.</summary>
    public void Add(ulong number) => _path.Add(new Level(number));

    /// <summary>Whether all leases are valid. If so, they are used.</summary>
    public bool IsValid(long nowMs)
    {
        foreach (var level in _path)
        {
            if (level.Held is not { } held || !held.IsValid(nowMs)) return false;
            held.Use(nowMs);
        }

        return true;
    }

    /// <summary>Whether the limits are others than those of the last <see cref="TakeEffective"/>.</summary>
    public bool HasChanged
    {
        get
        {
            foreach (var level in _path)
            {
                if (level.Held?.Limits != level.Taken) return true;
            }

            return false;
        }
    }

    /// <summary>The limits along the whole path: the nearest namespace that sets a limit wins.</summary>
    public Limits TakeEffective()
    {
        foreach (var level in _path) level.Taken = level.Held?.Limits;
        return NamespaceLimits.Effective(_path.Select(level => level.Taken ?? []));
    }

    /// <summary>The numbers of the namespaces whose leases are not valid, and were not asked for.</summary>
    public IEnumerable<ulong> ToRenew(long nowMs) =>
        _path.Where(level => !level.IsAsked && level.Held?.IsValid(nowMs) != true).Select(level => level.Number);

    /// <summary>The request for a lease.</summary>
    public Request Ask(ulong number)
    {
        LevelOf(number).IsAsked = true;
        return new Request
        {
            To = new EntityKey { Kind = Kind.Namespace, Namespace = number }, SubscribeLimits = new SubscribeLimits(),
        };
    }

    /// <summary>The request of <see cref="Ask"/> is answered.</summary>
    public void Answered(ulong number)
    {
        var level = LevelOf(number);
        level.IsAsked = false;
        level.Held = node.Find(number);
    }

    private Level LevelOf(ulong number) => _path.Find(level => level.Number == number)!;

    private sealed class Level(ulong number)
    {
        public ulong Number { get; } = number;

        public HeldLimits? Held { get; set; }

        /// <summary>The limits that are in the stamp. A change of the limits is another map.</summary>
        public MapField<string, long>? Taken { get; set; }

        public bool IsAsked { get; set; }
    }
}
