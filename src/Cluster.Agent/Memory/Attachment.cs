using Cluster.Agent.Processes;

namespace Cluster.Agent.Memory;

/// <summary>One attachment of a segment to a program: shmat(2).</summary>
/// <param name="Number">Names it between the program and the agent.</param>
/// <param name="Process">The program.</param>
/// <param name="Files">The session that has it attached in the cluster.</param>
/// <param name="Own">The attachment in the cluster.</param>
/// <param name="Pid">The process of the cluster that has it.</param>
internal sealed record Attachment(long Number, LinuxProcess Process, FileSession Files, ShmAttachment Own, int Pid);
