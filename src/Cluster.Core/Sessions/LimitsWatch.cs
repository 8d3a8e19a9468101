using Cluster.Core.Namespaces;
using Cluster.Protocol;

namespace Cluster.Core.Sessions;

/// <summary>
/// The limits that hold for one process: it subscribes to those of each namespace on its path, from "/" down. A
/// subscription lives in the memory of the namespace's entity, so it is renewed: at once when the entity says that it
/// stops, and from time to time because a killed node says nothing.
/// </summary>
internal sealed class LimitsWatch
{
    private readonly List<Level> _path = [];

    /// <summary>How many namespaces the path has so far.</summary>
    public int Depth => _path.Count;

    /// <summary>The number of the namespace at the end of the path.</summary>
    public ulong Last => _path[^1].Number;

    /// <summary>The limits along the whole path: the nearest namespace that sets a limit wins.</summary>
    public Limits Effective => NamespaceLimits.Effective(_path.Select(level => level.Limits));

    /// <summary>Goes one namespace further down.</summary>
    public void Add(ulong number) => _path.Add(new Level(number));

    /// <summary>The numbers of the namespaces whose subscriptions are not being renewed already.</summary>
    public IEnumerable<ulong> ToRenew => _path.Where(level => !level.IsAsked).Select(level => level.Number);

    /// <summary>The request that subscribes, or subscribes again.</summary>
    public Request Ask(ulong number)
    {
        LevelOf(number)!.IsAsked = true;
        return new Request
        {
            To = new EntityKey { Kind = Kind.Namespace, Namespace = number }, SubscribeLimits = new SubscribeLimits(),
        };
    }

    /// <summary>The request of <see cref="Ask"/> is answered.</summary>
    public bool Answered(ulong number, Reply reply)
    {
        LevelOf(number)!.IsAsked = false;
        return Set(reply);
    }

    /// <summary>A namespace tells its limits. True: they have changed.</summary>
    public bool Set(Reply reply)
    {
        if (reply.OwnLimits is not { } own || LevelOf(reply.From.Namespace) is not { } level) return false;
        if (own.Limits.Equals(level.Limits)) return false;
        level.Limits = own.Limits;
        return true;
    }

    /// <summary>
    /// Whether a namespace of the path says that its entity stops. Its list of subscribers goes with it.
    /// </summary>
    public bool IsStopping(Reply news) => news is { OwnLimits: null, Errno: (int)Errno.EAGAIN }
        && LevelOf(news.From.Namespace) is { IsAsked: false };

    private Level? LevelOf(ulong number)
    {
        foreach (var level in _path)
        {
            if (level.Number == number) return level;
        }

        return null;
    }

    private sealed class Level(ulong number)
    {
        public ulong Number { get; } = number;

        public Google.Protobuf.Collections.MapField<string, long> Limits { get; set; } = [];

        public bool IsAsked { get; set; }
    }
}
