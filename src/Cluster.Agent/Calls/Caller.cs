using Cluster.Agent.Processes;

namespace Cluster.Agent.Calls;

/// <summary>Who makes a call.</summary>
/// <param name="Session">The process of the cluster that stands for the program.</param>
/// <param name="Process">The Linux process.</param>
/// <param name="Pids">The pids that it sees.</param>
/// <param name="IsVolatile">Its new objects have no journal.</param>
internal sealed record Caller(Session Session, LinuxProcess Process, PidMap Pids, bool IsVolatile);
