using System.Numerics;
using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Objects.Mqueues;

/// <summary>
/// Messages by priority and then by age. The first one costs the same whatever the number of messages and of priorities.
/// </summary>
/// <remarks>A struct, because most queues hold no message. Use it as a field that is not readonly.</remarks>
internal struct PriorityIndex
{
    private const int Bits = 64;
    private const int Words = Bounds.MqueuePriorities / Bits;

    private FewMap<uint, Line> _lines;
    private ulong[]? _used;   // a bit for each priority with messages; null: at most one priority has some
    private ulong[]? _index;  // a bit for each word of _used that is not 0

    /// <summary>The oldest message of the highest priority; null: there is none.</summary>
    public readonly PriorityMessage? First
    {
        get
        {
            if (_used is null) return _lines.Any?.Head;
            for (var i = _index!.Length - 1; i >= 0; i--)
            {
                if (_index[i] == 0) continue;
                var word = (i * Bits) + BitOperations.Log2(_index[i]);
                return HeadOf((uint)((word * Bits) + BitOperations.Log2(_used![word])));
            }

            return null;
        }
    }

    /// <summary>Adds a message at the place of its serial number among those of its priority.</summary>
    public void Add(PriorityMessage message)
    {
        if (!_lines.TryGetValue(message.Priority, out var line))
        {
            _lines.TryAdd(message.Priority, new Line { Head = message, Tail = message });
            Mark(message.Priority);
            return;
        }

        // A message that is put back was near the head; a new one goes to the end.
        var next = message.Serial > line.Tail.Serial ? null : line.Head;
        while (next is not null && next.Serial < message.Serial) next = next.Next;
        message.Next = next;
        message.Previous = next is null ? line.Tail : next.Previous;
        if (message.Previous is null) line.Head = message;
        else message.Previous.Next = message;
        if (next is null) line.Tail = message;
        else next.Previous = message;
    }

    /// <summary>Removes a message.</summary>
    public void Remove(PriorityMessage message)
    {
        if (!_lines.TryGetValue(message.Priority, out var line)) throw new InvalidOperationException("no such priority");
        var (previous, next) = (message.Previous, message.Next);
        message.Previous = message.Next = null;
        if (previous is null && next is null)
        {
            _lines.Remove(message.Priority);
            Unmark(message.Priority);
            return;
        }

        if (previous is null) line.Head = next!;
        else previous.Next = next;
        if (next is null) line.Tail = previous!;
        else next.Previous = previous;
    }

    private readonly PriorityMessage? HeadOf(uint priority) =>
        _lines.TryGetValue(priority, out var line) ? line.Head : null;

    // The bits exist while messages have several priorities, so a queue with one priority stays small.
    private void Mark(uint priority)
    {
        if (_used is null)
        {
            if (_lines.Count < 2) return;
            (_used, _index) = (new ulong[Words], new ulong[Words / Bits]);
            foreach (var other in _lines.Keys) SetBit(other);
        }

        SetBit(priority);
    }

    private readonly void SetBit(uint priority)
    {
        var word = priority / Bits;
        _used![word] |= 1UL << (int)(priority % Bits);
        _index![word / Bits] |= 1UL << (int)(word % Bits);
    }

    private void Unmark(uint priority)
    {
        if (_used is null) return;
        if (_lines.Count == 0)
        {
            (_used, _index) = (null, null);
            return;
        }

        var word = priority / Bits;
        _used[word] &= ~(1UL << (int)(priority % Bits));
        if (_used[word] == 0) _index![word / Bits] &= ~(1UL << (int)(word % Bits));
    }

    private sealed class Line
    {
        public required PriorityMessage Head;
        public required PriorityMessage Tail;
    }
}
