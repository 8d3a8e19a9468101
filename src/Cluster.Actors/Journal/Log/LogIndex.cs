namespace Cluster.Actors.Journal.Log;

/// <summary>
/// What this node's memory holds of the log: the entries that are in no segment yet, by entity, and the groups that
/// this node may write for. The writer's thread changes it, and the readers look things up.
/// </summary>
/// <param name="groupOf">The group of an entity; see <see cref="Rows.IFenceGroups"/>.</param>
internal sealed class LogIndex(Func<string, string?> groupOf)
{
    private readonly Lock _gate = new();
    private readonly Queue<LogGeneration> _waiting = new();
    private readonly HashSet<string> _taken = [];
    private IReadOnlySet<string> _owned = new HashSet<string>();
    private LogGeneration _fresh = new(0, new LogChunks());
    private LogGeneration? _frozen;
    private LogGeneration? _compacted; // only the numbers of its entities are of use
    private bool _isCertain;

    /// <summary>Whether it holds all that is in the log of this node: false while the outcome of a commit is unknown.</summary>
    public bool IsCertain
    {
        get
        {
            lock (_gate) return _isCertain;
        }

        set
        {
            lock (_gate) _isCertain = value;
        }
    }

    /// <summary>The bytes of the newest stretch.</summary>
    public long FreshBytes
    {
        get
        {
            lock (_gate) return _fresh.Bytes;
        }
    }

    /// <summary>Whether the newest stretch should be compacted.</summary>
    public bool IsDue(LogSettings settings)
    {
        lock (_gate)
        {
            return _fresh.Bytes > settings.LogBytes
                || (_fresh.Bytes > settings.DeadBytes
                    && _fresh.LiveBytes * settings.DeadFactor <= _fresh.Bytes
                    && _fresh.Entities.Count <= settings.DeadEntities);
        }
    }

    /// <summary>Memory for the entries of the log.</summary>
    public LogChunks Chunks { get; } = new();

    /// <summary>The entities of the newest stretch whose segments are of no use any more.</summary>
    public int FreshTrims
    {
        get
        {
            lock (_gate) return _fresh.Trims;
        }
    }

    /// <summary>Begins a new log: nothing is known but what others have left.</summary>
    public void Reset(long writer, IEnumerable<LogGeneration> inherited)
    {
        lock (_gate)
        {
            foreach (var generation in Generations()) generation.Free();
            _waiting.Clear();
            foreach (var generation in inherited) _waiting.Enqueue(generation);
            _taken.Clear();
            _owned = new HashSet<string>();
            (_fresh, _frozen, _compacted) = (new LogGeneration(writer, Chunks), null, null);
        }
    }

    /// <summary>Whether entities of all these groups can be read.</summary>
    public bool Has(IEnumerable<string> groups)
    {
        lock (_gate) return _isCertain && groups.All(_taken.Contains);
    }

    /// <summary>Whether this node may write for the group, and knows all of its entries.</summary>
    public bool IsTaken(string group)
    {
        lock (_gate) return _taken.Contains(group);
    }

    /// <summary>
    /// All entries of these groups are in the index or in segments now. A group that another node has claimed in the
    /// meantime does not count.
    /// </summary>
    public void Take(IEnumerable<string> groups)
    {
        lock (_gate) _taken.UnionWith(groups.Where(_owned.Contains));
    }

    /// <summary>The writers whose logs are in the index.</summary>
    public IReadOnlySet<long> Writers()
    {
        lock (_gate) return Generations().Select(generation => generation.Writer).ToHashSet();
    }

    /// <summary>The log of a writer that writes no more is in the index now.</summary>
    public void Inherit(LogGeneration generation)
    {
        lock (_gate) _waiting.Enqueue(generation);
    }

    /// <summary>
    /// The groups that this node may write for. What is known of the entities of a group that is not among them any
    /// more may be old.
    /// </summary>
    public void Own(IReadOnlySet<string> groups)
    {
        lock (_gate)
        {
            _owned = groups;
            if (_taken.RemoveWhere(group => !groups.Contains(group)) == 0) return;
            foreach (var generation in Generations())
            {
                foreach (var (id, entity) in generation.Entities)
                    if (groupOf(id) is { } group && !_owned.Contains(group))
                        entity.Last = LogGeneration.Entity.Unknown;
            }
        }
    }

    /// <summary>The number of the last entry; null: it is not known.</summary>
    public long? LastOf(string id)
    {
        lock (_gate)
        {
            foreach (var generation in Generations())
            {
                if (generation.Entities.TryGetValue(id, out var entity)
                    && entity.Last != LogGeneration.Entity.Unknown)
                {
                    return entity.Last;
                }
            }

            return null;
        }
    }

    /// <summary>The number of the last entry that is in no segment; 0: there is none.</summary>
    public long LastPartOf(string id)
    {
        lock (_gate) return PartsOf(id).Select(part => part.Last).DefaultIfEmpty().Max();
    }

    /// <summary>The entries that are in no segment.</summary>
    public LogPart[] Collect(string id)
    {
        // Copied: the memory is used again once the entries are in segments.
        lock (_gate) return [.. PartsOf(id).Select(part => part with { Entries = part.Entries.ToArray() })];
    }

    /// <summary>A reader knows the last number of an entity now.</summary>
    public void Recovered(string id, long last)
    {
        lock (_gate)
        {
            if (groupOf(id) is not { } group || !_owned.Contains(group)) return;
            var entity = _fresh.Of(id);
            entity.Last = Math.Max(entity.Last, last);
        }
    }

    /// <summary>Another node's log has entries of an entity whose group this node has claimed.</summary>
    public void Adopt(string id, LogPart part)
    {
        lock (_gate)
        {
            // The same log may be read several times.
            if (PartsOf(id).Any(known => known.First == part.First)) return;
            _fresh.Add(_fresh.Of(id), part);
            _fresh.Bytes += part.Entries.Length;
        }
    }

    /// <summary>A commit is durable.</summary>
    public void Add(LogCommit commit, IReadOnlyList<(string Id, LogPart Part, bool IsSegment)> written)
    {
        lock (_gate)
        {
            _fresh.Bytes += commit.Body.Length;
            _fresh.End = (commit.Number, commit.Sum);
            foreach (var (id, part, isSegment) in written)
            {
                var entity = _fresh.Of(id);
                if (part.StartsAnew)
                {
                    foreach (var generation in Generations())
                        if (generation.Entities.TryGetValue(id, out var old)) generation.Clear(old);
                    if (!isSegment && entity.Below == 0) _fresh.Trims++;
                    entity.Below = isSegment ? 0 : part.First;
                }

                if (!isSegment) _fresh.Add(entity, part);
                entity.Last = part.Last;
            }
        }
    }

    /// <summary>The newest stretch stops growing, and a new one begins.</summary>
    public void Freeze()
    {
        lock (_gate)
        {
            if (_fresh.End is null && _fresh.Entities.Count == 0) return;
            _waiting.Enqueue(_fresh);
            _fresh = new LogGeneration(_fresh.Writer, Chunks);
        }
    }

    /// <summary>The stretch that is to be compacted now; null: there is none.</summary>
    public LogGeneration? TakeFrozen()
    {
        lock (_gate)
        {
            if (_frozen is null) _waiting.TryDequeue(out _frozen);
            return _frozen;
        }
    }

    /// <summary>Entities of the frozen stretch are in segments now.</summary>
    public void Compacted(IEnumerable<string> ids)
    {
        lock (_gate)
        {
            foreach (var id in ids)
            {
                var entity = _frozen!.Entities[id];
                _frozen.Clear(entity);
                entity.Below = 0;
            }
        }
    }

    /// <summary>The frozen stretch is in segments as a whole.</summary>
    public void EndCompaction()
    {
        lock (_gate)
        {
            _frozen!.Free();
            (_compacted, _frozen) = (_frozen, null);
        }
    }

    /// <summary>What the compaction of an entity has to store.</summary>
    /// <param name="generation">The stretch.</param>
    /// <param name="id">The entity.</param>
    /// <param name="parts">Gets its entries, in order. They are valid until the end of the compaction.</param>
    /// <returns>Segments that end below this number are of no use any more.</returns>
    public long TakeOf(LogGeneration generation, string id, List<LogPart> parts)
    {
        parts.Clear();
        lock (_gate)
        {
            var entity = generation.Entities[id];
            parts.AddRange(generation.PartsOf(entity));
            parts.Reverse();
            // What was adopted from another log may be out of order.
            for (var i = 1; i < parts.Count; i++)
            {
                if (parts[i].First >= parts[i - 1].First) continue;
                parts.Sort((one, other) => one.First.CompareTo(other.First));
                break;
            }

            return entity.Below;
        }
    }

    /// <summary>The entities of a stretch that have something to compact, in the order of their ids.</summary>
    public string[] ToCompact(LogGeneration generation)
    {
        lock (_gate)
        {
            var ids = generation.Entities
                .Where(entity => entity.Value.Bytes > 0 || entity.Value.Below > 0)
                .Select(entity => entity.Key).ToArray();
            Array.Sort(ids, string.CompareOrdinal);
            return ids;
        }
    }

    private IEnumerable<LogPart> PartsOf(string id)
    {
        foreach (var generation in Generations())
        {
            if (!generation.Entities.TryGetValue(id, out var entity)) continue;
            foreach (var part in generation.PartsOf(entity)) yield return part;
        }
    }

    // The newest first.
    private IEnumerable<LogGeneration> Generations()
    {
        yield return _fresh;
        foreach (var generation in _waiting.Reverse()) yield return generation;
        if (_frozen is not null) yield return _frozen;
        if (_compacted is not null) yield return _compacted;
    }
}
