using System.Collections.Frozen;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Cluster.Protocol;

/// <summary>
/// Traits of calls, read from the marks of their fields (traits.proto). A call without a mark changes its object.
/// </summary>
public static class CallTraits
{
    private const string OperationsOneof = "op";

    private static readonly OneofDescriptor Operations = OneofOf(Call.Descriptor)!;

    private static readonly FrozenSet<int> Readers =
        Operations.Fields.Where(IsReader).Select(field => field.FieldNumber).ToFrozenSet();

    private static readonly FrozenDictionary<int, OneofDescriptor> Nested = Operations.Fields
        .Where(field => OneofOf(field.MessageType) is not null)
        .ToFrozenDictionary(field => field.FieldNumber, field => OneofOf(field.MessageType)!);

    /// <summary>
    /// Whether a call leaves nothing in the object: it has no effect, and a late copy of it may run again.
    /// </summary>
    public static bool ReadsOnly(Call call)
    {
        if (call.OpCase == Call.OpOneofCase.None) return true; // fails by its arguments alone
        if (Readers.Contains((int)call.OpCase)) return true;
        if (Nested.Count == 0 || !Nested.TryGetValue((int)call.OpCase, out var oneof)) return false;
        var operations = (IMessage)Operations.Accessor.GetCaseFieldDescriptor(call).Accessor.GetValue(call);
        return oneof.Accessor.GetCaseFieldDescriptor(operations) is not { } operation || IsReader(operation);
    }

    /// <summary>Whether the value of a field grants rights to everybody who knows it.</summary>
    public static bool IsSecret(FieldDescriptor field) =>
        field.GetOptions()?.GetExtension(TraitsExtensions.IsSecret) is true;

    /// <summary>Whether a field has the whole length of a payload. Another field may have a part of that payload.</summary>
    public static bool IsPayloadLength(FieldDescriptor field) =>
        field.GetOptions()?.GetExtension(TraitsExtensions.PayloadLength) is true;

    private static bool IsReader(FieldDescriptor field) =>
        field.GetOptions()?.GetExtension(TraitsExtensions.Reads) is true;

    private static OneofDescriptor? OneofOf(MessageDescriptor message) =>
        message.Oneofs.FirstOrDefault(oneof => oneof.Name == OperationsOneof && !oneof.IsSynthetic);
}
