using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Objects.Mqueues;

/// <summary>One message of a queue.</summary>
public sealed class PriorityMessage(ulong serial, uint priority, ByteString text)
{
    /// <summary>The number of the message in its queue: 1, 2, 3, ... in the order of arrival.</summary>
    public ulong Serial { get; } = serial;

    /// <summary>The priority, from 0 to 32,767.</summary>
    public uint Priority { get; } = priority;

    /// <summary>The text.</summary>
    public ByteString Text { get; } = text;

    // Links among the messages of one priority that can be chosen.
    internal PriorityMessage? Previous;
    internal PriorityMessage? Next;

    /// <summary>The receiver that is away, for which the message is kept; null: none.</summary>
    internal MqueueReceiver? Holder;

    internal StoredMqueueMessage ToState() => new() { Serial = Serial, Priority = Priority, Text = Text };
}
