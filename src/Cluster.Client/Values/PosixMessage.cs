namespace Cluster.Client;

/// <summary>A message that was received from a POSIX message queue.</summary>
/// <param name="Text">The text. It belongs to the receiver.</param>
/// <param name="Priority">The priority, from 0 to 32,767.</param>
/// <param name="Revision">The queue's count of events when the message was taken. It only grows, over moves and
/// crashes too, so it serves as a fencing token.</param>
public readonly record struct PosixMessage(ReadOnlyMemory<byte> Text, int Priority, ulong Revision);
