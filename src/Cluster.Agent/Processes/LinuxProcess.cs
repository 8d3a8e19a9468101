using Cluster.Agent.Loop;
using Cluster.Agent.Native;
using Cluster.Client;
using Microsoft.Extensions.Logging;

namespace Cluster.Agent.Processes;

/// <summary>
/// A Linux process that runs under ipc exec. It has one session for each set of credentials with which it has called:
/// seteuid(2) changes who calls. Its sessions live until the kernel says that it has ended, so exec(2) keeps them, and
/// a stopped process keeps its lease.
/// </summary>
internal sealed class LinuxProcess(int pid, Descriptor pidDescriptor, Action<LinuxProcess> ended) : IReadable
{
    /// <summary>Sets of credentials that one process may call with.</summary>
    private const int MostSessions = 64;

    private readonly Dictionary<string, Session> _sessions = [];
    private readonly List<Action> _atEnd = [];

    public int Pid => pid;

    public Descriptor PidDescriptor => pidDescriptor;

    public bool HasEnded { get; private set; }

    /// <summary>Runs when the process ends, on the loop.</summary>
    public void AtEnd(Action action) => _atEnd.Add(action);

    /// <summary>The session of these credentials; it connects at its first call. Null: there are too many.</summary>
    public Session? SessionFor(Peer peer, Greeting greeting, PidMap pids, ILoggerFactory log)
    {
        var (uid, gid) = (greeting.Uid ?? peer.Uid, greeting.Gid ?? peer.Gid);
        uint[] groups = greeting.Uid is null ? peer.Groups : [];
        var key = $"{uid} {gid} {string.Join(',', groups)} {greeting.Namespace} {string.Join(',', greeting.Addresses)}";
        if (_sessions.TryGetValue(key, out var session))
            return session;
        if (_sessions.Count == MostSessions)
            return null;
        session = new Session(Options(uid, gid, groups, greeting, log), pids, pid);
        _sessions.Add(key, session);
        return session;
    }

    /// <summary>The pidfd is readable: the process has ended, however it did.</summary>
    public void OnReadable()
    {
        HasEnded = true;
        foreach (var action in _atEnd)
            action();
        ended(this);
    }

    /// <summary>Ends all sessions.</summary>
    public Task EndSessionsAsync() => Task.WhenAll(_sessions.Values.Select(session => session.EndAsync().AsTask()));

    private static IpcClientOptions Options(
        uint uid, uint gid, uint[] groups, Greeting greeting, ILoggerFactory log) => new()
        {
            Addresses = greeting.Addresses,
            Uid = uid,
            Gid = gid,
            Groups = groups,
            Namespace = greeting.Namespace,
            Umask = UnixFileMode.None, // the shim has taken it from the mode already
            NewProcessWhenLost = true,
            LoggerFactory = log,
        };
}
