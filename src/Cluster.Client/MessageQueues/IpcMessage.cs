namespace Cluster.Client;

/// <summary>struct msgbuf: a message that was received.</summary>
/// <param name="Type">mtype, greater than zero.</param>
/// <param name="Text">mtext; the receiver's own, for as long as it likes.</param>
/// <param name="Revision">The queue's count of events when the message was taken: it only grows, over moves and
/// crashes too, so it serves as a fencing token.</param>
public readonly record struct IpcMessage(long Type, ReadOnlyMemory<byte> Text, ulong Revision);
