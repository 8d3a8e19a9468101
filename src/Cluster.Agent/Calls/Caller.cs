using Cluster.Agent.Memory;
using Cluster.Agent.Processes;

namespace Cluster.Agent.Calls;

/// <summary>Who makes a call.</summary>
/// <param name="Session">The process of the cluster that stands for the program.</param>
/// <param name="Process">The Linux process.</param>
/// <param name="Pids">The pids that it sees.</param>
/// <param name="IsVolatile">Its new objects have no journal.</param>
/// <param name="Uid">Its effective uid in Linux.</param>
/// <param name="Files">The open files of all programs.</param>
/// <param name="Memory">The segments of this host.</param>
/// <param name="Written">The files of settings that programs have open for writing.</param>
/// <param name="Realm">The cluster and the namespace: ids of objects are numbers of it.</param>
/// <param name="NewSession">Makes another session with the same credentials.</param>
internal sealed record Caller(
    Session Session, LinuxProcess Process, PidMap Pids, bool IsVolatile, uint Uid, OpenFiles Files,
    HostMemory Memory, WrittenFiles Written, string Realm, Func<Session> NewSession)
{
    private FileSession? _files;

    /// <summary>
    /// The session that has the descriptions which this program opens. They live as long as a descriptor is open in any
    /// program, so it may outlive the process.
    /// </summary>
    public FileSession ForFiles() => _files ??= Process.FileSession(Session, NewSession);
}
