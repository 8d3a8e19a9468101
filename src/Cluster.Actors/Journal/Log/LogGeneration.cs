namespace Cluster.Actors.Journal.Log;

/// <summary>
/// A stretch of a log, by entity. The newest one grows. An older one is compacted: each of its entities becomes a
/// segment, and then its rows go.
/// </summary>
/// <param name="writer">Whose log it is.</param>
/// <param name="chunks">Memory for its entries.</param>
internal sealed class LogGeneration(long writer, LogChunks chunks)
{
    private readonly LogMemory _memory = new(chunks);

    /// <summary>Whose log it is.</summary>
    public long Writer { get; } = writer;

    /// <summary>What it knows of each entity.</summary>
    public Dictionary<string, Entity> Entities { get; } = [];

    /// <summary>The bytes of its commits.</summary>
    public long Bytes { get; set; }

    /// <summary>The bytes of the entries that are of use and in no segment yet.</summary>
    public long LiveBytes { get; private set; }

    /// <summary>How many of its entities have segments that are of no use any more; at least that.</summary>
    public int Trims { get; set; }

    /// <summary>The last commit in it; null: it has none.</summary>
    public (long Number, uint Sum)? End { get; set; }

    /// <summary>The entity, as it is known or as a new one.</summary>
    public Entity Of(string id)
    {
        if (!Entities.TryGetValue(id, out var entity)) Entities.Add(id, entity = new Entity());
        return entity;
    }

    /// <summary>Adds entries of an entity that are in no segment yet.</summary>
    public void Add(Entity entity, in LogPart part)
    {
        entity.Newest = _memory.Add(entity.Newest, part);
        entity.Bytes += part.Entries.Length;
        LiveBytes += part.Entries.Length;
    }

    /// <summary>The entries of an entity that are in no segment yet, in the reverse order of their arrival.</summary>
    public IEnumerable<LogPart> PartsOf(Entity entity)
    {
        for (var place = entity.Newest; place != LogMemory.None;)
        {
            yield return _memory.Read(place, out var previous);
            place = previous;
        }
    }

    /// <summary>The entries of an entity are in a segment, or of no use any more.</summary>
    public void Clear(Entity entity)
    {
        LiveBytes -= entity.Bytes;
        (entity.Newest, entity.Bytes) = (LogMemory.None, 0);
    }

    /// <summary>Nobody needs its entries any more.</summary>
    public void Free()
    {
        foreach (var entity in Entities.Values) Clear(entity);
        _memory.Free();
    }

    /// <summary>An entity in a stretch of a log.</summary>
    internal sealed class Entity
    {
        /// <summary><see cref="Last"/>: not known.</summary>
        public const long Unknown = -1;

        /// <summary>The place of its newest entries that are in no segment yet.</summary>
        public long Newest { get; set; } = LogMemory.None;

        /// <summary>The length of its entries that are in no segment yet, in bytes.</summary>
        public long Bytes { get; set; }

        /// <summary>The number of its last entry, wherever that is.</summary>
        public long Last { get; set; } = Unknown;

        /// <summary>Segments that end below this number are of no use any more.</summary>
        public long Below { get; set; }
    }
}
