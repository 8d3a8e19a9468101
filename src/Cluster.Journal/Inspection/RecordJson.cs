using System.Collections;
using Cluster.Protocol;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Cluster.Journal.Inspection;

/// <summary>The records of one entity in words: protobuf JSON, without secrets.</summary>
internal sealed class RecordJson
{
    private readonly List<SnapshotPart> _parts = [];

    /// <summary>
    /// The next entry of the history. A snapshot of several pieces is shown with its last one.
    /// </summary>
    /// <returns>JSON; null: the entry has nothing to show by itself, or is no record of an entity.</returns>
    public string? Decode(LogEntry entry)
    {
        try
        {
            return entry.Kind switch
            {
                LogEntryKind.End => null,
                LogEntryKind.Record => Show(Record.Parser.ParseFrom(entry.Payload.Span)),
                _ => Add(SnapshotPart.Parser.ParseFrom(entry.Payload.Span)),
            };
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    /// <summary>Takes the values out that grant rights to whoever knows them, in the message and in those inside.</summary>
    internal static void RemoveSecrets(IMessage message)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            if (CallTraits.IsSecret(field))
            {
                field.Accessor.Clear(message);
                continue;
            }

            if (field.FieldType is not (FieldType.Message or FieldType.Group)) continue;
            switch (field.Accessor.GetValue(message))
            {
                case IMessage inner:
                    RemoveSecrets(inner);
                    break;
                case IDictionary map:
                    foreach (var value in map.Values.OfType<IMessage>()) RemoveSecrets(value);
                    break;
                case IList list:
                    foreach (var value in list.OfType<IMessage>()) RemoveSecrets(value);
                    break;
            }
        }
    }

    private string? Add(SnapshotPart part)
    {
        if (part.Index == 0) _parts.Clear();
        _parts.Add(part);
        if (_parts.Count != part.Count) return null;
        var whole = ByteString.CopyFrom([.. _parts.SelectMany(each => each.Data)]);
        _parts.Clear();
        return Show(Snapshot.Parser.ParseFrom(whole));
    }

    private static string Show(IMessage message)
    {
        RemoveSecrets(message);
        return JsonFormatter.Default.Format(message);
    }
}
