using Cluster.Core.Machines;

namespace Cluster.Simulation;

/// <summary>
/// One journal for all entities, with the guarantee of the real one: each sequence number is written once.
/// </summary>
public sealed class Journal
{
    private readonly Dictionary<string, Rows> _entities = [];

    /// <summary>A row as it is read.</summary>
    public delegate void Replay(ReadOnlySpan<byte> row, bool isSnapshot);

    /// <summary>Reads all rows. Returns the highest sequence number.</summary>
    public long Recover(string name, Replay replay)
    {
        if (!_entities.TryGetValue(name, out var rows)) return 0;
        foreach (var (payload, isSnapshot) in rows.Payloads) replay(payload.Span, isSnapshot);
        return rows.Highest;
    }

    /// <summary>Writes all rows or none. False: another incarnation has written one of the numbers.</summary>
    public bool TryWrite(string name, long highest, JournalWrite write)
    {
        if (!_entities.TryGetValue(name, out var rows)) _entities.Add(name, rows = new Rows());
        if (rows.Highest != highest) return false;
        if (write.IsSnapshot) rows.Payloads.Clear();
        foreach (var row in write.Rows) rows.Payloads.Add((row, write.IsSnapshot));
        rows.Highest += write.Rows.Count;
        return true;
    }

    /// <summary>Deletes the rows up to the highest that an incarnation knows; the highest number stays.</summary>
    public void Delete(string name, long highest)
    {
        if (!_entities.TryGetValue(name, out var rows)) return;
        var newer = (int)Math.Min(rows.Payloads.Count, rows.Highest - highest);
        rows.Payloads.RemoveRange(0, rows.Payloads.Count - newer);
    }

    /// <summary>Entities that have something in the journal.</summary>
    public IEnumerable<string> Names => _entities.Where(pair => pair.Value.Payloads.Count > 0).Select(pair => pair.Key);

    private sealed class Rows
    {
        public readonly List<(ReadOnlyMemory<byte> Payload, bool IsSnapshot)> Payloads = [];
        public long Highest;
    }
}
