using Cluster.Protocol;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Cluster.Actors.Tracing;

/// <summary>
/// Reduces a call and its result to what a tracer may see: texts and arrays as long as a line shows them, as strace -s
/// does, and no secret. It works by the types of the fields, so it knows no kind and forgets none.
/// </summary>
internal static class TraceCut
{
    /// <summary>Bytes of a text, and elements of an array.</summary>
    public const int Shown = 32;

    /// <summary>A call and its result, if it has one.</summary>
    public static TracedCall Of(Call call, Result? result, long startUs, bool again)
    {
        var (cut, length) = Cut(call);
        var traced = new TracedCall { Call = cut, StartUs = startUs, CallLength = length, Again = again };
        if (result is not null) (traced.Result, traced.ResultLength) = Cut(result);
        return traced;
    }

    // The call and the result belong to the machine, so a change needs a copy.
    private static (T Cut, long Length) Cut<T>(T message)
        where T : IMessage<T>
    {
        var length = LengthOf(message);
        if (!Exceeds(message)) return (message, length);
        var copy = message.Clone();
        Reduce(copy);
        return (copy, length);
    }

    /// <summary>
    /// The whole length of the payload: the bytes of the first text, or the elements of the first array, of the
    /// operation or value. 0: it has none.
    /// </summary>
    private static long LengthOf(IMessage message)
    {
        if (ContentOf(message) is not { } content) return 0;
        foreach (var field in content.Descriptor.Fields.InDeclarationOrder())
        {
            var value = field.Accessor.GetValue(content);
            if (CallTraits.IsPayloadLength(field)) return Convert.ToInt64(value);
        }

        foreach (var field in content.Descriptor.Fields.InDeclarationOrder())
        {
            if (field.IsRepeated && !field.IsMap) return CountOf(field.Accessor.GetValue(content));
            if (field.FieldType == FieldType.Bytes) return ((ByteString)field.Accessor.GetValue(content)).Length;
        }

        return 0;
    }

    // The operation of a call, or the value of a result; for a kind with its own oneof, the operation inside.
    private static IMessage? ContentOf(IMessage message)
    {
        var oneof = message.Descriptor.Oneofs.FirstOrDefault(each => !each.IsSynthetic);
        if (oneof?.Accessor.GetCaseFieldDescriptor(message) is not { FieldType: FieldType.Message } field) return null;
        var content = (IMessage)field.Accessor.GetValue(message);
        return ContentOf(content) ?? content;
    }

    private static bool Exceeds(IMessage message)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            if (!IsSet(field, message)) continue;
            if (CallTraits.IsSecret(field)) return true;
            var value = field.Accessor.GetValue(message);
            if (field.IsRepeated && (CountOf(value) > Shown || MessagesOf(value).Any(Exceeds))) return true;
            if (value is ByteString text && text.Length > Shown) return true;
            if (value is IMessage inner && Exceeds(inner)) return true;
        }

        return false;
    }

    private static void Reduce(IMessage message)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            if (!IsSet(field, message)) continue;
            var value = field.Accessor.GetValue(message);
            if (CallTraits.IsSecret(field)) field.Accessor.Clear(message);
            else if (field.IsRepeated && !field.IsMap)
            {
                Shorten((System.Collections.IList)value);
                foreach (var element in MessagesOf(value)) Reduce(element);
            }
            else if (value is ByteString text && text.Length > Shown)
                field.Accessor.SetValue(message, ByteString.CopyFrom(text.Span[..Shown]));
            else if (value is IMessage inner) Reduce(inner);
        }
    }

    private static void Shorten(System.Collections.IList array)
    {
        for (var at = array.Count - 1; at >= Shown; at--) array.RemoveAt(at);
    }

    private static IEnumerable<IMessage> MessagesOf(object collection) =>
        ((System.Collections.IEnumerable)collection).OfType<IMessage>();

    private static bool IsSet(FieldDescriptor field, IMessage message) =>
        field.IsRepeated || !field.HasPresence || field.Accessor.HasValue(message);

    private static int CountOf(object collection) => ((System.Collections.ICollection)collection).Count;
}
