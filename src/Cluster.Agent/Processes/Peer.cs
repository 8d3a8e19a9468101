namespace Cluster.Agent.Processes;

/// <summary>Who has connected, as the kernel saw it at connect(2). Nothing that the program writes can change it.</summary>
/// <param name="Pid">The Linux process.</param>
/// <param name="Uid">Its effective uid.</param>
/// <param name="Gid">Its effective gid.</param>
/// <param name="Groups">Its supplementary groups.</param>
internal sealed record Peer(int Pid, uint Uid, uint Gid, uint[] Groups);
