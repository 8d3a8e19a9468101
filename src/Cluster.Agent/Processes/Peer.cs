namespace Cluster.Agent.Processes;

/// <summary>Who has connected, as the kernel saw it at connect(2). Nothing that the program writes can change it.</summary>
/// <param name="Pid">The Linux process.</param>
/// <param name="Uid">Its effective uid.</param>
/// <param name="Gid">Its effective gid.</param>
/// <param name="Groups">Its supplementary groups.</param>
/// <param name="Capabilities">
/// What uid 0 may in the cluster: a part of the effective set of capabilities(7) of the calling thread, as the kernel
/// saw it at the greeting. Null for other users: the cluster knows none of theirs.
/// </param>
internal sealed record Peer(int Pid, uint Uid, uint Gid, uint[] Groups, ulong? Capabilities = null);
