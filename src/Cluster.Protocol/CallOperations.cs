using System.Linq.Expressions;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Cluster.Protocol;

/// <summary>
/// The operations of a message with a oneof named "op". An entry of the oneof is an operation, or a message with its
/// own oneof of operations. The table is made once from the descriptors, so no operation can be missing from it.
/// </summary>
public sealed class CallOperations
{
    private const string OperationsOneof = "op";

    private readonly List<CallOperation> _all;
    private readonly Entry[] _entries; // by field number; entries that do not exist have no operation

    /// <summary>Makes the table.</summary>
    /// <param name="call">The message. It has to have a oneof named "op".</param>
    public CallOperations(MessageDescriptor call)
    {
        ArgumentNullException.ThrowIfNull(call);
        // Without an operation a call fails by its arguments alone, so it leaves nothing in the object.
        None = new CallOperation(0, "none", 0, 0, ReadsOnly: true);
        _all = [None];
        var fields = OneofOf(call)!.Fields;
        _entries = new Entry[fields.Max(field => field.FieldNumber) + 1];
        foreach (var field in fields) _entries[field.FieldNumber] = ToEntry(field);
    }

    /// <summary>The call has no operation, or one that this version does not know.</summary>
    public CallOperation None { get; }

    /// <summary>All operations by their numbers; the first is <see cref="None"/>.</summary>
    public IReadOnlyList<CallOperation> All => _all;

    /// <summary>The operation of a call.</summary>
    /// <param name="call">The call.</param>
    /// <param name="entry">The field number of its entry: the case of the oneof.</param>
    public CallOperation Of(IMessage call, int entry)
    {
        if ((uint)entry >= (uint)_entries.Length) return None;
        ref readonly var known = ref _entries[entry];
        return known.Operation ?? (known.Oneof is null ? None : OfInner(call, known.Oneof));
    }

    /// <summary>An operation by its field numbers; <see cref="None"/>: there is no such operation.</summary>
    /// <param name="entry">The field number of the entry.</param>
    /// <param name="inner">The field number in the entry's own oneof; 0: the entry is the operation.</param>
    public CallOperation Find(int entry, int inner = 0) =>
        _all.Find(each => each.Entry == entry && each.Inner == inner) ?? None;

    private CallOperation OfInner(IMessage call, Oneof oneof)
    {
        var inner = oneof.CaseOf(call);
        return (uint)inner < (uint)oneof.Operations.Length ? oneof.Operations[inner] ?? None : None;
    }

    private Entry ToEntry(FieldDescriptor field)
    {
        if (OneofOf(field.MessageType) is not { } oneof)
            return new Entry(Add(field.Name, field.FieldNumber, 0, field));
        var inner = new CallOperation?[oneof.Fields.Max(each => each.FieldNumber) + 1];
        foreach (var each in oneof.Fields)
        {
            inner[each.FieldNumber] = Add($"{field.Name}_{each.Name}", field.FieldNumber, each.FieldNumber, each);
        }

        return new Entry(null, new Oneof(field, inner));
    }

    private CallOperation Add(string name, int entry, int inner, FieldDescriptor marks)
    {
        var operation = new CallOperation(
            _all.Count, name, entry, inner, CallTraits.IsReader(marks), CallTraits.BlockingOf(marks));
        _all.Add(operation);
        return operation;
    }

    private static OneofDescriptor? OneofOf(MessageDescriptor message) =>
        message.Oneofs.FirstOrDefault(oneof => oneof.Name == OperationsOneof && !oneof.IsSynthetic);

    private readonly record struct Entry(CallOperation? Operation, Oneof? Oneof = null);

    // Each session asks for the operation of each call, more than once. The accessors of the descriptors are reflection,
    // and allocate; so the case is read by compiled code, which is made at the first call of the kind.
    private sealed class Oneof(FieldDescriptor field, CallOperation?[] operations)
    {
        private readonly Lazy<Func<IMessage, int>> _case = new(() => Compile(field));

        public CallOperation?[] Operations => operations; // by field number

        public int CaseOf(IMessage call) => _case.Value(call);

        // call => (int)((Call)call).Mqueue.OpCase
        private static Func<IMessage, int> Compile(FieldDescriptor field)
        {
            var call = Expression.Parameter(typeof(IMessage));
            var inner = Expression.Property(Expression.Convert(call, field.ContainingType.ClrType), field.PropertyName);
            var name = Expression.Property(inner, "OpCase");
            return Expression.Lambda<Func<IMessage, int>>(Expression.Convert(name, typeof(int)), call).Compile();
        }
    }
}
