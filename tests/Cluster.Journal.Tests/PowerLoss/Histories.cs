using System.Collections.Immutable;
using System.Text;
using Cluster.Actors.Journal.Write;
using Cluster.Journal.Inspection;

namespace Cluster.Journal.Tests.PowerLoss;

/// <summary>What a recovery of each entity reads.</summary>
internal sealed record Histories(ImmutableDictionary<string, Histories.OfEntity> Entities)
{
    /// <summary>Nothing was written yet.</summary>
    public static Histories Empty { get; } = new(ImmutableDictionary<string, OfEntity>.Empty);

    /// <summary>The number of the last entry of an entity; 0: there never was one.</summary>
    public long LastOf(string id) => Entities.TryGetValue(id, out var entity) ? entity.Last : 0;

    /// <summary>What they are after a write.</summary>
    public Histories After(WriteRequest write)
    {
        if (write.EndOf > 0) return Set(write.PersistenceId, new OfEntity(write.EndOf + 1, []));
        var texts = write.Stored.Select(row => (row.SequenceNr, Encoding.UTF8.GetString(row.Message.Span)));
        var before = write.TrimBelow == 0 && Entities.TryGetValue(write.PersistenceId, out var known) ? known.Texts : [];
        return Set(write.PersistenceId, new OfEntity(write.Stored[^1].SequenceNr, [.. before, .. texts]));
    }

    /// <summary>What the journal has.</summary>
    /// <exception cref="InvalidOperationException">It is not sound.</exception>
    public static Histories Read(string file)
    {
        using var snapshot = JournalSnapshot.Open(JournalPlace.OfFile(file));
        if (JournalReport.Of(snapshot, CancellationToken.None).Faults is [var fault, ..])
            throw new InvalidOperationException($"it is not sound: {fault}");
        var all = Empty;
        new JournalReader(snapshot, _ => { }).Read(
            history => all = all.Set(history.Id, new OfEntity(history.Last,
                [.. history.Entries.Select(entry => (entry.SequenceNr, Encoding.UTF8.GetString(entry.Payload.Span)))])),
            CancellationToken.None);
        return all;
    }

    /// <summary>What differs; null: nothing.</summary>
    public string? DifferenceFrom(Histories other)
    {
        foreach (var id in Entities.Keys.Union(other.Entities.Keys))
        {
            var (mine, theirs) = (LastOf(id), other.LastOf(id));
            if (mine != theirs) return $"{id} ends with {mine} instead of {theirs}";
            if (!Entities[id].Texts.SequenceEqual(other.Entities[id].Texts)) return $"{id} has other entries up to {mine}";
        }

        return null;
    }

    private Histories Set(string id, OfEntity entity) => new(Entities.SetItem(id, entity));

    /// <summary>One of them.</summary>
    /// <param name="Last">The number of its last entry, deleted ones included.</param>
    /// <param name="Texts">The entries.</param>
    internal sealed record OfEntity(long Last, ImmutableArray<(long Number, string Text)> Texts);
}
