using Google.Protobuf.Reflection;

namespace Cluster.Protocol;

/// <summary>
/// Traits of calls, read from the marks of their fields (traits.proto). A call without a mark changes its object.
/// </summary>
public static class CallTraits
{
    private static readonly CallOperations Table = new(Call.Descriptor);

    /// <summary>All operations by their numbers. The first is that of a call without an operation.</summary>
    public static IReadOnlyList<CallOperation> Operations => Table.All;

    /// <summary>The operation of a call; behind an entry with its own oneof, the operation in that oneof.</summary>
    public static CallOperation OperationOf(Call call) => Table.Of(call, (int)call.OpCase);

    /// <summary>An operation by its field numbers; the first of <see cref="Operations"/>: there is none.</summary>
    /// <param name="entry">The entry in <see cref="Call"/>.</param>
    /// <param name="inner">The field number in the entry's own oneof; 0: the entry is the operation.</param>
    public static CallOperation Find(Call.OpOneofCase entry, int inner = 0) => Table.Find((int)entry, inner);

    /// <summary>
    /// Whether a call leaves nothing in the object: it has no effect, and a late copy of it may run again.
    /// </summary>
    public static bool ReadsOnly(Call call) => OperationOf(call).ReadsOnly;

    /// <summary>Whether the value of a field grants rights to everybody who knows it.</summary>
    public static bool IsSecret(FieldDescriptor field) =>
        field.GetOptions()?.GetExtension(TraitsExtensions.IsSecret) is true;

    /// <summary>Whether a field has the whole length of a payload. Another field may have a part of that payload.</summary>
    public static bool IsPayloadLength(FieldDescriptor field) =>
        field.GetOptions()?.GetExtension(TraitsExtensions.PayloadLength) is true;

    /// <summary>What a signal handler does to an operation that waits.</summary>
    internal static Blocking BlockingOf(FieldDescriptor field) =>
        field.GetOptions()?.GetExtension(TraitsExtensions.Blocks) ?? Blocking.Unspecified;

    /// <summary>Whether a field is an operation that leaves nothing in the object.</summary>
    internal static bool IsReader(FieldDescriptor field) =>
        field.GetOptions()?.GetExtension(TraitsExtensions.Reads) is true;
}
