namespace Cluster.Agent.Wire;

/// <summary>The numbers of Cluster.Shim/wire.h.</summary>
internal static class WireFormat
{
    /// <summary>Raised when a frame changes its meaning.</summary>
    public const int Version = 1;

    /// <summary>Bytes of a payload that travel inside a frame; longer ones are in a memory file beside it.</summary>
    public const int InlineBytes = 65_536;

    /// <summary>Bytes of the longest payload: a message of the largest size, and its type.</summary>
    public const int LongestBytes = Bounds.MessageBytes + 8;

    /// <summary>Bytes of struct ipc_request.</summary>
    public const int RequestBytes = 64;

    /// <summary>Bytes of struct ipc_answer.</summary>
    public const int AnswerBytes = 32;

    /// <summary>The payload is in the memory file beside the frame.</summary>
    public const uint InMemoryFile = 1;

    /// <summary>The descriptor beside the answer is for the caller.</summary>
    public const uint HasDescriptor = 2;

    /// <summary>There is no answer yet: the call waits in the cluster.</summary>
    public const uint Parked = 4;
}
