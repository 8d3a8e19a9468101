using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Objects.MessageQueues;

/// <summary>
/// The messages of one queue, in order and by type. Every choice of msgrcv(2) costs O(log types), whatever the number
/// of messages. Only MSG_COPY walks the messages.
/// </summary>
/// <remarks>
/// A message can be held for a receiver whose turn it is and whose session is lost. A held message counts and keeps its
/// place, and no choice finds it. Holding is not journalled.
/// </remarks>
public sealed class MessageStore
{
    private static readonly Comparer<TypeList> HeadOrder =
        Comparer<TypeList>.Create((one, other) => one.HeadSerial.CompareTo(other.HeadSerial));

    private FewMap<ulong, QueuedMessage> _bySerial;
    // The one type of all messages that can be chosen; null: there are none, or _types is used.
    private TypeList? _only;
    private Types? _types;    // all types, from the moment of a second type until no message can be chosen
    private QueuedMessage? _first;
    private QueuedMessage? _last;

    /// <summary>msg_qnum: the number of messages.</summary>
    public int Count => _bySerial.Count;

    /// <summary>msg_cbytes: the sum of the lengths of the messages.</summary>
    public long Bytes { get; private set; }

    /// <summary>All messages, in order.</summary>
    public IEnumerable<QueuedMessage> All
    {
        get
        {
            for (var message = _first; message is not null; message = message.Next) yield return message;
        }
    }

    /// <summary>Adds a message at the place of its serial number, which is nearly always the end.</summary>
    public void Add(QueuedMessage message)
    {
        if (!_bySerial.TryAdd(message.Serial, message))
            throw new InvalidOperationException($"message {message.Serial} is in the queue already");
        Bytes += message.Text.Length;
        var previous = _last;
        if (previous is not null && previous.Serial > message.Serial)
        {
            // A message that is put back was near the head, so the search begins there.
            previous = null;
            for (var next = _first; next is not null && next.Serial < message.Serial; next = next.Next) previous = next;
        }

        message.Previous = previous;
        message.Next = previous is null ? _first : previous.Next;
        if (message.Previous is null) _first = message;
        else message.Previous.Next = message;
        if (message.Next is null) _last = message;
        else message.Next.Previous = message;
        Index(message);
    }

    /// <summary>Removes a message.</summary>
    public QueuedMessage Remove(ulong serial)
    {
        if (!_bySerial.Remove(serial, out var message))
            throw new InvalidOperationException($"no message {serial} in the queue");
        Bytes -= message.Text.Length;
        if (message.Previous is null) _first = message.Next;
        else message.Previous.Next = message.Next;
        if (message.Next is null) _last = message.Previous;
        else message.Next.Previous = message.Previous;
        message.Previous = message.Next = null;
        if (!message.IsHeld) Unindex(message);
        message.IsHeld = false;
        return message;
    }

    /// <summary>Whether a message is in the queue.</summary>
    public bool Contains(ulong serial) => _bySerial.ContainsKey(serial);

    /// <summary>The message with a serial number; null: it is not in the queue.</summary>
    public QueuedMessage? Find(ulong serial) => _bySerial.TryGetValue(serial, out var message) ? message : null;

    /// <summary>Hides a message from every choice.</summary>
    public void Hold(QueuedMessage message)
    {
        Unindex(message);
        message.IsHeld = true;
    }

    /// <summary>Makes a held message available again.</summary>
    public void Unhold(QueuedMessage message)
    {
        message.IsHeld = false;
        Index(message);
    }

    /// <summary>The message that msgrcv(2) takes for a type and flags (MSG_EXCEPT); null: none.</summary>
    public QueuedMessage? Choose(long type, int flags)
    {
        var except = (flags & IpcFlags.MSG_EXCEPT) != 0;
        if (_types is null) return _only?.IsWanted(type, except) is true ? _only.Head : null;
        if (type == 0) return _types.ByHead.Min!.Head;
        if (type < 0)
        {
            var lowest = _types.Lowest();
            return lowest.Type <= AtMost(type) ? lowest.Head : null;
        }

        if (!except) return _types.ByType.TryGetValue(type, out var list) ? list.Head : null;
        foreach (var each in _types.ByHead)
        {
            if (each.Type != type) return each.Head;
        }

        return null;
    }

    /// <summary>The message at an ordinal position from 0 (MSG_COPY); null: there are fewer messages.</summary>
    public QueuedMessage? At(long position)
    {
        if (position < 0 || position >= Count) return null;
        var message = _first;
        while (position-- > 0) message = message!.Next;
        return message;
    }

    /// <summary>The highest type that a negative msgtyp allows. LONG_MIN has no absolute value: all types.</summary>
    public static long AtMost(long type) => type == long.MinValue ? long.MaxValue : -type;

    /// <summary>Removes all messages.</summary>
    public void Clear()
    {
        _bySerial.Clear();
        _types = null;
        _only = null;
        _first = _last = null;
        Bytes = 0;
    }

    private TypeList? ListOf(long type) =>
        _types is not null ? _types.ByType.GetValueOrDefault(type) : _only?.Type == type ? _only : null;

    private void Add(TypeList list)
    {
        if (_only is null && _types is null)
        {
            _only = list;
            return;
        }

        if (_types is null) (_types = new Types()).Add(_only!);
        _only = null;
        _types.Add(list);
    }

    private void Remove(TypeList list)
    {
        _only = null;
        if (_types is null) return;
        _types.Remove(list);
        if (_types.ByType.Count == 0) _types = null;
    }

    private void Index(QueuedMessage message)
    {
        if (ListOf(message.Type) is not { } list)
        {
            Add(new TypeList(message));
            return;
        }

        if (message.Serial > list.Tail.Serial)
        {
            message.PreviousOfType = list.Tail;
            list.Tail = list.Tail.NextOfType = message;
            return;
        }

        var next = list.Head;
        while (next.Serial < message.Serial) next = next.NextOfType!;
        message.NextOfType = next;
        message.PreviousOfType = next.PreviousOfType;
        next.PreviousOfType = message;
        if (message.PreviousOfType is null) MoveHead(list, message);
        else message.PreviousOfType.NextOfType = message;
    }

    private void Unindex(QueuedMessage message)
    {
        var list = ListOf(message.Type)!;
        var (previous, next) = (message.PreviousOfType, message.NextOfType);
        message.PreviousOfType = message.NextOfType = null;
        if (next is null && previous is null)
        {
            Remove(list);
            return;
        }

        if (next is null) list.Tail = previous!;
        else next.PreviousOfType = previous;
        if (previous is null) MoveHead(list, next!);
        else previous.NextOfType = next;
    }

    private void MoveHead(TypeList list, QueuedMessage head)
    {
        if (_types is null || _types.ByHead.Count == 1)
        {
            list.Head = head; // the only type, so its place among the types cannot change
            return;
        }

        _types.ByHead.Remove(list);
        list.Head = head;
        _types.ByHead.Add(list);
    }

    private sealed class TypeList(QueuedMessage message)
    {
        public readonly long Type = message.Type;
        public QueuedMessage Head = message;
        public QueuedMessage Tail = message;

        public ulong HeadSerial => Head.Serial;

        /// <summary>Whether msgrcv(2) with this msgtyp takes messages of the type.</summary>
        public bool IsWanted(long type, bool except) => type switch
        {
            0 => true,
            < 0 => Type <= AtMost(type),
            _ => Type == type != except,
        };
    }

    private sealed class Types
    {
        public readonly SortedDictionary<long, TypeList> ByType = [];
        public readonly SortedSet<TypeList> ByHead = new(HeadOrder);

        public void Add(TypeList list)
        {
            ByType.Add(list.Type, list);
            ByHead.Add(list);
        }

        public void Remove(TypeList list)
        {
            ByHead.Remove(list);
            ByType.Remove(list.Type);
        }

        public TypeList Lowest()
        {
            using var types = ByType.GetEnumerator();
            types.MoveNext();
            return types.Current.Value;
        }
    }
}
