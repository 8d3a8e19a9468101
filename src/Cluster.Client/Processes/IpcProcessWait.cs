namespace Cluster.Client;

/// <summary>A call of a process that has no result yet: what /proc/PID/wchan and /proc/PID/syscall say.</summary>
/// <param name="Call">The operation, such as msgrcv or fifo_read.</param>
/// <param name="Kind">The kind of the object that was called; null: the call is about no object.</param>
/// <param name="Id">The id of the object.</param>
/// <param name="Waited">How long its node has waited for the result.</param>
public sealed record IpcProcessWait(string Call, IpcObjectKind? Kind, int Id, TimeSpan Waited);
