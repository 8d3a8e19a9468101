namespace Cluster.Client;

/// <summary>struct msgbuf: a message to send.</summary>
/// <param name="Type">mtype, greater than zero.</param>
/// <param name="Text">mtext.</param>
public readonly record struct OutgoingMessage(long Type, ReadOnlyMemory<byte> Text);
