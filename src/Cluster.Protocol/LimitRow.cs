using System.Collections.Frozen;
using Google.Protobuf.Reflection;

namespace Cluster.Protocol;

/// <summary>
/// A limit of a namespace: its default, its range, and the error of a value outside the range. The rows are made from
/// the marks of the fields of <see cref="Limits"/>.
/// </summary>
/// <param name="Name">The name of the field.</param>
/// <param name="Sysctl">The name in sysctl(8): kernel.msgmax, fs.mqueue.msg_max.</param>
/// <param name="Kind">The kind of object that it limits.</param>
/// <param name="Default">The value of a namespace without ancestors that set it: proc(5).</param>
/// <param name="Lowest">The lowest value.</param>
/// <param name="Highest">The highest value; null: the limit is unsigned, and all 64 bits are valid.</param>
/// <param name="Invalid">The error of a value that is not valid.</param>
public sealed record LimitRow(
    string Name, string Sysctl, Kind Kind, ulong Default, long Lowest, long? Highest, Errno Invalid)
{
    private static readonly LimitRow[] Rows = [.. Limits.Descriptor.Fields.InDeclarationOrder().Select(FromField)];

    private static readonly FrozenDictionary<string, LimitRow> ByName = Rows.ToFrozenDictionary(row => row.Name);

    /// <summary>All limits, in the order of their fields.</summary>
    public static IReadOnlyList<LimitRow> All => Rows;

    /// <summary>The limits of one kind of object.</summary>
    public static IReadOnlyList<LimitRow> Of(Kind kind) => [.. Rows.Where(row => row.Kind == kind)];

    /// <summary>The limit with a name; null: there is none.</summary>
    public static LimitRow? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>Whether the limit may have a value. An unsigned limit takes its 64 bits from the value's.</summary>
    public bool IsValid(long value) => Highest is not { } highest || (value >= Lowest && value <= highest);

    /// <summary>The value in a set of limits. An unsigned limit has its 64 bits in the result's.</summary>
    public long Get(Limits limits) => Field.Accessor.GetValue(limits) switch
    {
        ulong unsigned => (long)unsigned,
        var signed => (long)signed,
    };

    /// <summary>Changes the value in a set of limits.</summary>
    public void Set(Limits limits, long value) =>
        Field.Accessor.SetValue(limits, Highest is null ? (object)(ulong)value : value);

    private FieldDescriptor Field => Limits.Descriptor.FindFieldByName(Name);

    private static LimitRow FromField(FieldDescriptor field)
    {
        var traits = field.GetOptions()?.GetExtension(TraitsExtensions.Limit)
            ?? throw new InvalidOperationException($"the limit {field.Name} has no default and range");
        var isUnsigned = field.FieldType == FieldType.UInt64;
        if (isUnsigned != (traits.Highest == 0))
            throw new InvalidOperationException($"the limit {field.Name} has to have a highest value or be unsigned");
        var invalid = traits.TooHigh == 0 ? Errno.EINVAL : (Errno)traits.TooHigh;
        return new LimitRow(
            field.Name, traits.Sysctl.Length > 0 ? traits.Sysctl : "kernel." + field.Name, (Kind)traits.Kind,
            traits.Default, traits.Lowest, isUnsigned ? null : traits.Highest, invalid);
    }
}
