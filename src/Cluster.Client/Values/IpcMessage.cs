namespace Cluster.Client;

/// <summary>struct msgbuf: a message that was received.</summary>
/// <param name="Type">mtype, greater than zero.</param>
/// <param name="Text">mtext. It belongs to the receiver.</param>
/// <param name="Revision">The queue's count of events when the message was taken. It only grows, over moves and
/// crashes too, so it serves as a fencing token.</param>
public readonly record struct IpcMessage(long Type, ReadOnlyMemory<byte> Text, ulong Revision);
