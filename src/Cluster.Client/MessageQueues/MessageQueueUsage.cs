namespace Cluster.Client;

/// <summary>struct msginfo as msgctl(MSG_INFO) fills it.</summary>
/// <param name="Queues">msgpool: queues in the namespace.</param>
/// <param name="Messages">msgmap: messages in them.</param>
/// <param name="Bytes">msgtql: bytes of those messages.</param>
public readonly record struct MessageQueueUsage(long Queues, long Messages, long Bytes);
