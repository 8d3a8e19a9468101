using Akka.Actor;
using Cluster.Core.Objects;
using Cluster.Protocol;

namespace Cluster.Actors.Tracing;

/// <summary>
/// The events of this node that one tracer wants to see, and the buffer of those that it has not read yet. Entities
/// never wait: an event without room is counted, and the count takes the place of what is missing.
/// </summary>
/// <param name="key">The process or the object that is traced.</param>
/// <param name="filled">Told, once until the next <see cref="Take"/>, that there is something to read.</param>
public sealed class Tap(EntityKey key, Action<Tap> filled) : INoSerializationVerificationNeeded
{
    /// <summary>Events that may wait for a tracer on one node.</summary>
    public const int Room = 4_096;

    private readonly Lock _gate = new();
    private readonly Queue<TraceEvent> _events = [];
    private ulong _dropped;
    private bool _told;

    /// <summary>Whether the calls of a process in an entity may be of interest.</summary>
    public bool Covers(EntityKey entity, int pid) => key.Kind == Kind.Process ? key.Id == pid : IsPartOf(entity);

    /// <summary>Whether it is of interest that an entity hears of the exit of a process.</summary>
    public bool CoversExit(EntityKey entity) => key.Equals(entity);

    /// <summary>
    /// Whether a completed call is of interest. Only the result of a call on a directory shows which object it was
    /// about.
    /// </summary>
    public bool Covers(EntityKey entity, Call call, Result result)
    {
        if (key.Kind == Kind.Process || entity.Kind != Kind.Directory) return true;
        return call.OpCase switch
        {
            Call.OpOneofCase.Remove => call.Remove.Id == key.Id,
            Call.OpOneofCase.Get when result.ValueCase == Result.ValueOneofCase.Got => result.Got.Id == key.Id,
            Call.OpOneofCase.Get or Call.OpOneofCase.Resolve =>
                result.ValueCase == Result.ValueOneofCase.Id && result.Id == key.Id,
            _ => false,
        };
    }

    /// <summary>Takes an event, or counts it if there is no room. Any thread may call this.</summary>
    public void Write(TraceEvent news)
    {
        lock (_gate)
        {
            if (_events.Count >= Room)
            {
                _dropped++;
                return;
            }

            if (_dropped > 0) AddGap(news.TimeUs);
            _events.Enqueue(news);
            if (_told) return;
            _told = true;
        }

        filled(this);
    }

    /// <summary>The next events, in order; empty: there are none.</summary>
    public IReadOnlyList<TraceEvent> Take(int most)
    {
        lock (_gate)
        {
            _told = false;
            var taken = new List<TraceEvent>(Math.Min(most, _events.Count));
            while (taken.Count < most && _events.TryDequeue(out var news)) taken.Add(news);
            if (_events.Count == 0 && _dropped > 0 && taken.Count > 0)
            {
                taken.Add(new TraceEvent { TimeUs = taken[^1].TimeUs, Dropped = _dropped });
                _dropped = 0;
            }

            return taken;
        }
    }

    // The object itself, its parts (the extents of a segment), and its directory.
    private bool IsPartOf(EntityKey entity)
    {
        if (entity.Namespace != key.Namespace) return false;
        return entity.Kind == Kind.Directory ? entity.Id == (long)key.Kind : key.Equals(ObjectKinds.OwnerOf(entity));
    }

    private void AddGap(long timeUs)
    {
        _events.Enqueue(new TraceEvent { TimeUs = timeUs, Dropped = _dropped });
        _dropped = 0;
    }
}
