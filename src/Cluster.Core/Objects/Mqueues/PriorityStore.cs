using Cluster.Core.Machines;

namespace Cluster.Core.Objects.Mqueues;

/// <summary>
/// The messages of one queue, by priority and then by age. The choice of mq_receive(3) costs the same whatever the number
/// of messages and of priorities: two levels of bits find the highest priority that has a message.
/// </summary>
/// <remarks>
/// A message can be held for a receiver whose turn it is and whose session is lost. A held message counts, and only
/// <see cref="FirstHeld"/> finds it. Holding is not journalled.
/// </remarks>
public sealed class PriorityStore
{
    private FewMap<ulong, PriorityMessage> _bySerial;
    private PriorityIndex _free;
    private PriorityIndex _held;

    /// <summary>mq_curmsgs: the number of messages.</summary>
    public int Count => _bySerial.Count;

    /// <summary>The sum of the lengths of the messages.</summary>
    public long Bytes { get; private set; }

    /// <summary>All messages, in no order.</summary>
    public IEnumerable<PriorityMessage> All => _bySerial.Values;

    /// <summary>Adds a message behind the older messages of its priority.</summary>
    public void Add(PriorityMessage message)
    {
        if (!_bySerial.TryAdd(message.Serial, message))
            throw new InvalidOperationException($"message {message.Serial} is in the queue already");
        Bytes += message.Text.Length;
        _free.Add(message);
    }

    /// <summary>Removes a message.</summary>
    public PriorityMessage Remove(ulong serial)
    {
        if (!_bySerial.Remove(serial, out var message))
            throw new InvalidOperationException($"no message {serial} in the queue");
        Bytes -= message.Text.Length;
        if (message.Holder is { } holder) Release(message, holder);
        else _free.Remove(message);
        return message;
    }

    /// <summary>Whether a message is in the queue.</summary>
    public bool Contains(ulong serial) => _bySerial.ContainsKey(serial);

    /// <summary>The oldest message of the highest priority that is not held; null: there is none.</summary>
    public PriorityMessage? First => _free.First;

    /// <summary>The oldest held message of the highest priority; null: there is none.</summary>
    public PriorityMessage? FirstHeld => _held.First;

    /// <summary>Keeps a message for a receiver that is away.</summary>
    public void Hold(PriorityMessage message, MqueueReceiver receiver)
    {
        _free.Remove(message);
        _held.Add(message);
        (message.Holder, receiver.Held) = (receiver, message);
    }

    /// <summary>Makes a held message available again.</summary>
    public void Unhold(PriorityMessage message)
    {
        Release(message, message.Holder!);
        _free.Add(message);
    }

    /// <summary>Removes all messages.</summary>
    public void Clear()
    {
        foreach (var message in All.Where(each => each.Holder is not null)) Release(message, message.Holder!);
        _bySerial.Clear();
        _free = _held = default;
        Bytes = 0;
    }

    private void Release(PriorityMessage message, MqueueReceiver holder)
    {
        _held.Remove(message);
        (message.Holder, holder.Held) = (null, null);
    }
}
