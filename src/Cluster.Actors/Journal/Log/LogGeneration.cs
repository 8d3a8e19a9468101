namespace Cluster.Actors.Journal.Log;

/// <summary>
/// A stretch of a log, by entity. The newest one grows. An older one is compacted: each of its entities becomes a
/// segment, and then its rows go.
/// </summary>
/// <param name="writer">Whose log it is.</param>
internal sealed class LogGeneration(long writer)
{
    /// <summary>Whose log it is.</summary>
    public long Writer { get; } = writer;

    /// <summary>What it knows of each entity.</summary>
    public Dictionary<string, Entity> Entities { get; } = [];

    /// <summary>The bytes of its commits.</summary>
    public long Bytes { get; set; }

    /// <summary>The last commit in it; null: it has none.</summary>
    public (long Number, uint Sum)? End { get; set; }

    /// <summary>The entity, as it is known or as a new one.</summary>
    public Entity Of(string id)
    {
        if (!Entities.TryGetValue(id, out var entity)) Entities.Add(id, entity = new Entity());
        return entity;
    }

    /// <summary>An entity in a stretch of a log.</summary>
    internal sealed class Entity
    {
        /// <summary><see cref="Last"/>: not known.</summary>
        public const long Unknown = -1;

        /// <summary>Its entries that are in no segment yet.</summary>
        public List<LogPart> Parts { get; } = [];

        /// <summary>The number of its last entry, wherever that is.</summary>
        public long Last { get; set; } = Unknown;

        /// <summary>Segments that end below this number are of no use any more.</summary>
        public long Below { get; set; }
    }
}
