using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>A process of the namespace: proc(5).</summary>
public sealed record IpcProcessInfo
{
    /// <summary>Its pid.</summary>
    public required int Pid { get; init; }

    /// <summary>The process that started it; 0: none did.</summary>
    public required int Parent { get; init; }

    /// <summary>Its process group: getpgid(2).</summary>
    public required int Group { get; init; }

    /// <summary>Its session: getsid(2).</summary>
    public required int Session { get; init; }

    /// <summary>Its user.</summary>
    public required uint Uid { get; init; }

    /// <summary>Its group.</summary>
    public required uint Gid { get; init; }

    /// <summary>When it started.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>What it does.</summary>
    public required IpcProcessState State { get; init; }

    /// <summary>The signal that stopped it; None: it is not stopped.</summary>
    public required Signal StoppedBy { get; init; }

    /// <summary>
    /// The calls that it waits for, the oldest first, at most 16. None for a process of another user, unless the caller is
    /// uid 0: ptrace(2).
    /// </summary>
    public required IReadOnlyList<IpcProcessWait> Waits { get; init; }

    /// <summary>The gateways of the nodes that it is connected to; none for a process of another user.</summary>
    public required IReadOnlyList<string> Nodes { get; init; }

    internal static IpcProcessInfo From(ProcessStatus status, ProcessEntry entry) => new()
    {
        Pid = status.Pid,
        Group = entry.Group,
        Session = entry.Session,
        Parent = status.Parent,
        Uid = status.Credentials?.Uid ?? 0,
        Gid = status.Credentials?.Gid ?? 0,
        Started = DateTimeOffset.FromUnixTimeSeconds(status.Started),
        State = (IpcProcessState)status.Condition,
        StoppedBy = (Signal)status.StoppedBy,
        Waits = [.. status.Waits.Select(Wait)],
        Nodes = [.. status.Gateways],
    };

    // Parts of an object and the directory of a kind are shown as the object or the kind.
    private static IpcProcessWait Wait(ProcessWait wait)
    {
        var kind = (IpcObjectKind)(wait.Target?.Kind ?? Kind.Unspecified);
        var isObject = Enum.IsDefined(kind);
        return new IpcProcessWait(
            wait.Call, isObject ? kind : null, isObject ? (int)wait.Target!.Id : 0,
            TimeSpan.FromMilliseconds(wait.WaitedMs));
    }
}
