using System.Collections.Immutable;
using Akka.Actor;
using Akka.Persistence;
using Akka.Serialization;
using Akka.Util;
using Cluster.Actors.Journal.Rows;

namespace Cluster.Actors.Journal.Write;

/// <summary>
/// Turns the events of a persistent actor into rows. The bytes of a <see cref="JournalRecord"/> are stored as they are.
/// Any other payload goes through Akka's serialization, as in the package.
/// </summary>
internal sealed class RowEncoder
{
    private readonly ExtendedActorSystem _system;
    private readonly Serialization _serialization;
    private readonly string? _defaultSerializer;

    public RowEncoder(ExtendedActorSystem system, string? defaultSerializer)
    {
        _system = system;
        _serialization = system.Serialization;
        _defaultSerializer = defaultSerializer;
    }

    /// <summary>
    /// Creates the request that stores the writes. A write whose payload cannot be serialized is rejected alone.
    /// Returns null if no write is left to store.
    /// </summary>
    public WriteRequest? Encode(
        IReadOnlyList<AtomicWrite> writes,
        CancellationToken cancellation,
        string? group,
        out IImmutableList<Exception>? rejections)
    {
        var now = DateTime.UtcNow.Ticks;
        var rows = new List<JournalRow>(writes.Count);
        Exception?[]? failures = null;
        long trimBelow = 0;
        for (var i = 0; i < writes.Count; i++)
        {
            var before = rows.Count;
            try
            {
                trimBelow = Math.Max(trimBelow, Append(writes[i], now, rows));
            }
            catch (Exception e)
            {
                rows.RemoveRange(before, rows.Count - before);
                (failures ??= new Exception?[writes.Count])[i] = e;
            }
        }

        // The plugin contract wants null for each accepted write, although its annotations say otherwise.
        rejections = failures?.ToImmutableList()!;
        return rows.Count == 0
            ? null
            : new WriteRequest(writes[0].PersistenceId, rows.ToArray(), trimBelow, rejections, cancellation, group);
    }

    /// <summary>Returns the sequence number of the first snapshot record of the write, 0 if it has none.</summary>
    private long Append(AtomicWrite write, long now, List<JournalRow> rows)
    {
        long firstSnapshot = 0;
        foreach (var item in (IImmutableList<IPersistentRepresentation>)write.Payload)
        {
            var created = item.Timestamp == 0 ? now : item.Timestamp;
            if (item.Payload is JournalRecord record)
            {
                var manifest = JournalRecordSerializer.ManifestOf(record);
                const int Id = JournalRecordSerializer.SerializerId;
                rows.Add(new JournalRow(item.SequenceNr, created, record.Payload, Id, manifest, item.WriterGuid));
                if (record.IsSnapshot && firstSnapshot == 0) firstSnapshot = item.SequenceNr;
            }
            else
            {
                rows.Add(EncodeForeign(item, created));
            }
        }

        return firstSnapshot;
    }

    private JournalRow EncodeForeign(IPersistentRepresentation item, long created)
    {
        var payload = item.Payload;
        var serializer = _serialization.FindSerializerForType(payload.GetType(), _defaultSerializer);
        var manifest = serializer switch
        {
            SerializerWithStringManifest named => named.Manifest(payload),
            { IncludeManifest: true } => payload.GetType().TypeQualifiedName(),
            _ => string.Empty,
        };
        // With the transport set, actor references are serialized with the address of this node.
        var bytes = Serialization.WithTransport(_system, (serializer, payload), s => s.serializer.ToBinary(s.payload));
        return new JournalRow(item.SequenceNr, created, bytes, serializer.Identifier, manifest, item.WriterGuid);
    }
}
