using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Objects.MessageQueues;

/// <summary>
/// The messages of one queue, in order and by type. Every choice of msgrcv(2) costs O(log types), whatever the number
/// of messages. Only MSG_COPY walks the messages.
/// </summary>
/// <remarks>
/// A message can be held for a receiver whose turn it is and whose session is lost. A held message counts and keeps its
/// place, and only <see cref="ChooseHeld"/> finds it. Holding is not journalled.
/// </remarks>
public sealed class MessageStore
{
    private FewMap<ulong, QueuedMessage> _bySerial;
    private TypeIndex _free;
    private TypeIndex _held;
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
        _free.Add(message);
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
        if (message.Holder is { } holder) Release(message, holder);
        else _free.Remove(message);
        return message;
    }

    /// <summary>Whether a message is in the queue.</summary>
    public bool Contains(ulong serial) => _bySerial.ContainsKey(serial);

    /// <summary>The message with a serial number; null: it is not in the queue.</summary>
    public QueuedMessage? Find(ulong serial) => _bySerial.TryGetValue(serial, out var message) ? message : null;

    /// <summary>Keeps a message for a receiver that is away.</summary>
    public void Hold(QueuedMessage message, Receiver receiver)
    {
        _free.Remove(message);
        _held.Add(message);
        (message.Holder, receiver.Held) = (receiver, message);
    }

    /// <summary>Makes a held message available again.</summary>
    public void Unhold(QueuedMessage message)
    {
        Release(message, message.Holder!);
        _free.Add(message);
    }

    /// <summary>The message that msgrcv(2) takes for a type and flags (MSG_EXCEPT); null: none that is not held.</summary>
    public QueuedMessage? Choose(long type, int flags) => _free.Choose(type, flags);

    /// <summary>The held message that msgrcv(2) would take if no message were free; null: none.</summary>
    public QueuedMessage? ChooseHeld(long type, int flags) => _held.Choose(type, flags);

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
        foreach (var message in All.Where(each => each.Holder is not null)) Release(message, message.Holder!);
        _bySerial.Clear();
        _free = _held = default;
        _first = _last = null;
        Bytes = 0;
    }

    private void Release(QueuedMessage message, Receiver holder)
    {
        _held.Remove(message);
        (message.Holder, holder.Held) = (null, null);
    }
}
