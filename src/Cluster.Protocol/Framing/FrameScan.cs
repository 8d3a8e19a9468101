using System.Buffers;
using System.Collections.Frozen;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Cluster.Protocol;

/// <summary>
/// Counts what the parser would allocate for a message, before it is parsed: an empty part takes 2 bytes in a frame and
/// 200 in memory. The scan reads tags and lengths alone and skips payloads, so a message of 16 MiB costs as little as a
/// small one.
/// </summary>
public static class FrameScan
{
    private const int VarintBytes = 10;

    // The schema has 6 levels. A field that the schema does not know is not entered.
    private const int Levels = 32;

    private static readonly FrozenDictionary<MessageDescriptor, Shape> Shapes = ShapesFrom(ClientFrame.Descriptor);

    /// <summary>Counts the parts of a <see cref="ClientFrame"/>.</summary>
    /// <param name="frame">Its bytes. If they are no message, the parts before the error are counted.</param>
    /// <param name="parts">The bound of the parts.</param>
    /// <returns>The number of parts: messages, elements of lists, and unknown fields.</returns>
    /// <exception cref="FrameException">The frame has more parts than the bound.</exception>
    public static int Count(in ReadOnlySequence<byte> frame, int parts)
    {
        var scan = new Scan(frame, parts);
        scan.Message(Shapes[ClientFrame.Descriptor], frame.Length, Levels);
        return scan.Parts;
    }

    private static FrozenDictionary<MessageDescriptor, Shape> ShapesFrom(MessageDescriptor root)
    {
        var shapes = new Dictionary<MessageDescriptor, Shape>();
        Add(root);
        return shapes.ToFrozenDictionary();

        Shape Add(MessageDescriptor message)
        {
            if (shapes.TryGetValue(message, out var known)) return known;
            var fields = message.Fields.InDeclarationOrder();
            var shape = shapes[message] = new Shape(new Field[fields.Count == 0 ? 1 : fields.Max(f => f.FieldNumber) + 1]);
            foreach (var field in fields)
            {
                var part = field.FieldType == FieldType.Message ? Add(field.MessageType) : null;
                shape.Fields[field.FieldNumber] = new Field(true, WireOf(field.FieldType), field.IsRepeated, part);
            }

            return shape;
        }
    }

    private static WireFormat.WireType WireOf(FieldType type) => type switch
    {
        FieldType.Message or FieldType.String or FieldType.Bytes => WireFormat.WireType.LengthDelimited,
        FieldType.Fixed32 or FieldType.SFixed32 or FieldType.Float => WireFormat.WireType.Fixed32,
        FieldType.Fixed64 or FieldType.SFixed64 or FieldType.Double => WireFormat.WireType.Fixed64,
        FieldType.Group => throw new NotSupportedException("the protocol has no groups"),
        _ => WireFormat.WireType.Varint,
    };

    /// <summary>What the parser does with the fields of a message.</summary>
    /// <param name="Fields">By field number.</param>
    private sealed record Shape(Field[] Fields);

    /// <param name="IsKnown">Whether the message has a field of this number.</param>
    /// <param name="Wire">How one value is written.</param>
    /// <param name="IsRepeated">Whether each value is an element of a list.</param>
    /// <param name="Part">The message of the field; null: it is a number, a text or bytes.</param>
    private readonly record struct Field(bool IsKnown, WireFormat.WireType Wire, bool IsRepeated, Shape? Part);

    private ref struct Scan(in ReadOnlySequence<byte> frame, int bound)
    {
        private SequenceReader<byte> _reader = new(frame);

        public int Parts { get; private set; }

        // False: the bytes are no message, and the parser will say so.
        public bool Message(Shape shape, long end, int levels)
        {
            if (levels == 0) throw new FrameException($"a frame may have {Levels} levels, and this one has more");
            while (_reader.Consumed < end)
            {
                if (!TryVarint(out var tag)) return false;
                var (number, wire) = (tag >> 3, (WireFormat.WireType)(tag & 7));
                var field = number < (ulong)shape.Fields.Length ? shape.Fields[number] : default;
                if (wire == WireFormat.WireType.LengthDelimited)
                {
                    if (!TryVarint(out var length) || length > (ulong)(end - _reader.Consumed)) return false;
                    if (!Payload(field, (long)length, levels)) return false;
                    continue;
                }

                if (!field.IsKnown || field.IsRepeated || field.Wire != wire) Add(1);
                if (!TrySkip(wire)) return false;
            }

            return _reader.Consumed == end;
        }

        private bool Payload(Field field, long length, int levels)
        {
            if (field.Part is { } part)
            {
                Add(1);
                return Message(part, _reader.Consumed + length, levels - 1);
            }

            if (field is { IsKnown: true, IsRepeated: true } && field.Wire != WireFormat.WireType.LengthDelimited)
                return Packed(field.Wire, length);
            if (!field.IsKnown || field.IsRepeated || field.Wire != WireFormat.WireType.LengthDelimited) Add(1);
            _reader.Advance(length);
            return true;
        }

        // A packed list is one array of numbers, which are small: 16 of them count as one part.
        private bool Packed(WireFormat.WireType wire, long length)
        {
            var elements = wire switch
            {
                WireFormat.WireType.Fixed32 => length / 4,
                WireFormat.WireType.Fixed64 => length / 8,
                _ => CountVarints(_reader.UnreadSequence.Slice(0, length)),
            };
            Add((int)(elements / Bounds.NumbersPerPart) + 1);
            _reader.Advance(length);
            return true;
        }

        private static long CountVarints(in ReadOnlySequence<byte> packed)
        {
            var count = 0L;
            foreach (var segment in packed)
            {
                // The last byte of a number is below 0x80.
                foreach (var next in segment.Span) count += (next >> 7) ^ 1;
            }

            return count;
        }

        private bool TrySkip(WireFormat.WireType wire)
        {
            switch (wire)
            {
                case WireFormat.WireType.Varint:
                    return TryVarint(out _);
                case WireFormat.WireType.Fixed32:
                    return TryAdvance(4);
                case WireFormat.WireType.Fixed64:
                    return TryAdvance(8);
                default:
                    // The parser would enter a group level by level, and the protocol has none.
                    throw new FrameException("a frame is a ClientFrame, and this one is not: it has a group");
            }
        }

        private bool TryAdvance(int bytes)
        {
            if (_reader.Remaining < bytes) return false;
            _reader.Advance(bytes);
            return true;
        }

        private bool TryVarint(out ulong value)
        {
            value = 0;
            for (var shift = 0; shift < 7 * VarintBytes; shift += 7)
            {
                if (!_reader.TryRead(out var next)) return false;
                value |= (ulong)(next & 0x7F) << shift;
                if (next < 0x80) return true;
            }

            return false;
        }

        private void Add(int parts)
        {
            Parts += parts;
            if (Parts > bound) throw FrameException.TooManyParts(bound);
        }
    }
}
