using Cluster.Agent.Native;

namespace Cluster.Agent.Wire;

/// <summary>What a call returns.</summary>
/// <param name="Value">Its value; negative: the errno.</param>
internal readonly record struct Answer(long Value)
{
    /// <summary>A second number: the type or the priority of a message.</summary>
    public long Extra { get; init; }

    /// <summary>It is no answer yet: the call waits in the cluster.</summary>
    public bool IsParked { get; init; }

    /// <summary>What follows the numbers.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>A descriptor for the program. It is closed here when it was sent.</summary>
    public Descriptor? Descriptor { get; init; }

    /// <summary>Called when the answer was sent (true) or could not be sent any more (false).</summary>
    public Action<bool>? Delivered { get; init; }

    public static Answer Fail(Errno errno) => new(-(long)errno);

    public static Answer Fail(int errno) => new(-(long)errno);
}
