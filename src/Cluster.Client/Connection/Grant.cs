using Cluster.Protocol;

namespace Cluster.Client.Connection;

/// <summary>The outcome of a call that takes something for its process alone.</summary>
/// <param name="Result">The result; null: no result came, and nothing was taken.</param>
/// <param name="Pid">The process that took it; 0: no particular one.</param>
internal readonly record struct Grant(Result? Result, int Pid)
{
    /// <summary>How many leases of the client had run out by then.</summary>
    public int Lapses { get; init; }

    /// <summary>Whether it was taken. If not, the call ended with the errno that is an answer.</summary>
    public bool Taken => Result is { Errno: 0 };

    /// <summary>The object's count of events when it was taken.</summary>
    public ulong Revision => Result?.Revision ?? 0;

    /// <summary>The call of this process that gets it next; 0: it is given back to the object.</summary>
    public ulong Next => Result?.Next ?? 0;
}
