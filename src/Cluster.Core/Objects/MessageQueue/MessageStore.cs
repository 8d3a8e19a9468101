using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Objects.MessageQueue;

/// <summary>One message of a queue.</summary>
public sealed class QueuedMessage(ulong serial, long type, ByteString text)
{
    /// <summary>Its number in the queue, from 1, in the order of arrival.</summary>
    public ulong Serial { get; } = serial;

    /// <summary>mtype, at least 1.</summary>
    public long Type { get; } = type;

    /// <summary>mtext.</summary>
    public ByteString Text { get; } = text;

    // Links: in the queue, and among the messages of one type that may be taken.
    internal QueuedMessage? Previous;
    internal QueuedMessage? Next;
    internal QueuedMessage? PreviousOfType;
    internal QueuedMessage? NextOfType;

    internal bool IsHeld { get; set; }

    internal StoredMessage ToState() => new() { Serial = Serial, Type = Type, Text = Text };
}

/// <summary>
/// The messages of one queue in their order, and by type. Every choice that msgrcv(2) knows costs O(log types), however
/// many messages there are; only MSG_COPY walks.
/// </summary>
/// <remarks>
/// A message can be held: kept for a receiver whose session is lost but whose turn it is. It still counts and stands in
/// the order, but no other choice sees it. Holding is not journalled.
/// </remarks>
public sealed class MessageStore
{
    private readonly Dictionary<ulong, QueuedMessage> _bySerial = [];
    private readonly SortedDictionary<long, TypeList> _types = [];
    private readonly SortedSet<TypeList> _byHead =
        new(Comparer<TypeList>.Create((one, other) => one.HeadSerial.CompareTo(other.HeadSerial)));

    private QueuedMessage? _first;
    private QueuedMessage? _last;

    /// <summary>msg_qnum: the number of messages.</summary>
    public int Count => _bySerial.Count;

    /// <summary>msg_cbytes: the sum of their lengths.</summary>
    public long Bytes { get; private set; }

    /// <summary>All messages, in order.</summary>
    public IEnumerable<QueuedMessage> All
    {
        get
        {
            for (var message = _first; message is not null; message = message.Next) yield return message;
        }
    }

    /// <summary>Puts a message where its serial number says; nearly always that is the end.</summary>
    public void Add(QueuedMessage message)
    {
        _bySerial.Add(message.Serial, message);
        Bytes += message.Text.Length;
        var previous = _last;
        if (previous is not null && previous.Serial > message.Serial)
        {
            // Put back: it was near the head, so look from there.
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

    /// <summary>Takes a message out.</summary>
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

    /// <summary>Whether the message is (still) here.</summary>
    public bool Contains(ulong serial) => _bySerial.ContainsKey(serial);

    /// <summary>The message with this number; null if it is not (any more) here.</summary>
    public QueuedMessage? Find(ulong serial) => _bySerial.GetValueOrDefault(serial);

    /// <summary>Keeps a message from every choice.</summary>
    public void Hold(QueuedMessage message)
    {
        Unindex(message);
        message.IsHeld = true;
    }

    /// <summary>Lets a held message be chosen again.</summary>
    public void Unhold(QueuedMessage message)
    {
        message.IsHeld = false;
        Index(message);
    }

    /// <summary>The message that msgrcv(2) takes for this type and these flags (MSG_EXCEPT); null if none.</summary>
    public QueuedMessage? Choose(long type, int flags)
    {
        if (_byHead.Count == 0) return null;
        if (type == 0) return _byHead.Min!.Head;
        if (type < 0)
        {
            var lowest = LowestType();
            return lowest.Type <= AtMost(type) ? lowest.Head : null;
        }

        if ((flags & IpcFlags.MSG_EXCEPT) == 0) return _types.TryGetValue(type, out var list) ? list.Head : null;
        foreach (var each in _byHead)
        {
            if (each.Type != type) return each.Head;
        }

        return null;
    }

    /// <summary>The message at an ordinal position, counted from 0 (MSG_COPY); null if there are not so many.</summary>
    public QueuedMessage? At(long position)
    {
        if (position < 0 || position >= Count) return null;
        var message = _first;
        while (position-- > 0) message = message!.Next;
        return message;
    }

    /// <summary>The highest type that a negative msgtyp allows. LONG_MIN has no absolute value: all types.</summary>
    public static long AtMost(long type) => type == long.MinValue ? long.MaxValue : -type;

    /// <summary>Removes all.</summary>
    public void Clear()
    {
        _bySerial.Clear();
        _types.Clear();
        _byHead.Clear();
        _first = _last = null;
        Bytes = 0;
    }

    private TypeList LowestType()
    {
        using var types = _types.GetEnumerator();
        types.MoveNext();
        return types.Current.Value;
    }

    private void Index(QueuedMessage message)
    {
        if (!_types.TryGetValue(message.Type, out var list))
        {
            _types.Add(message.Type, list = new TypeList(message));
            _byHead.Add(list);
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
        var list = _types[message.Type];
        var (previous, next) = (message.PreviousOfType, message.NextOfType);
        message.PreviousOfType = message.NextOfType = null;
        if (next is null && previous is null)
        {
            _byHead.Remove(list);
            _types.Remove(message.Type);
            return;
        }

        if (next is null) list.Tail = previous!;
        else next.PreviousOfType = previous;
        if (previous is null) MoveHead(list, next!);
        else previous.NextOfType = next;
    }

    private void MoveHead(TypeList list, QueuedMessage head)
    {
        if (_byHead.Count == 1)
        {
            list.Head = head; // alone: its place among the others cannot change
            return;
        }

        _byHead.Remove(list);
        list.Head = head;
        _byHead.Add(list);
    }

    private sealed class TypeList(QueuedMessage message)
    {
        public readonly long Type = message.Type;
        public QueuedMessage Head = message;
        public QueuedMessage Tail = message;

        public ulong HeadSerial => Head.Serial;
    }
}
