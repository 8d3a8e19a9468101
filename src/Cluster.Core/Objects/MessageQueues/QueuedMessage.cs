using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Objects.MessageQueues;

/// <summary>One message of a queue.</summary>
public sealed class QueuedMessage(ulong serial, long type, ByteString text)
{
    /// <summary>The number of the message in its queue: 1, 2, 3, ... in the order of arrival.</summary>
    public ulong Serial { get; } = serial;

    /// <summary>mtype, at least 1.</summary>
    public long Type { get; } = type;

    /// <summary>mtext.</summary>
    public ByteString Text { get; } = text;

    // Links in the queue, and among the available messages of one type.
    internal QueuedMessage? Previous;
    internal QueuedMessage? Next;
    internal QueuedMessage? PreviousOfType;
    internal QueuedMessage? NextOfType;

    /// <summary>The receiver that is away, for which the message is kept; null: none.</summary>
    internal Receiver? Holder;

    internal StoredMessage ToState() => new() { Serial = Serial, Type = Type, Text = Text };
}
