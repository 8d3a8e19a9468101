using System.Collections.Concurrent;
using Cluster.Agent.Loop;
using Cluster.Agent.Native;
using Cluster.Client;
using Microsoft.Extensions.Logging;

namespace Cluster.Agent.Processes;

/// <summary>
/// A Linux process that runs under ipc exec. It has one session for each set of credentials with which it has called:
/// seteuid(2) and capset(2) change who calls. Its sessions live until the kernel says that it has ended, so exec(2) keeps
/// them, and a stopped process keeps its lease.
/// </summary>
internal sealed class LinuxProcess(int pid, Descriptor pidDescriptor, Action<LinuxProcess> ended) : IReadable
{
    /// <summary>Sets of credentials that one process may call with.</summary>
    private const int MostSessions = 64;

    private readonly Dictionary<string, Session> _sessions = [];
    private readonly Dictionary<Session, FileSession> _fileSessions = []; // locked: calls run on several threads
    private readonly List<Task> _endings = [];
    private readonly ConcurrentDictionary<object, Func<Task>> _atEnd = new();
    private volatile bool _hasEnded;

    public int Pid => pid;

    public Descriptor PidDescriptor => pidDescriptor;

    public bool HasEnded
    {
        get => _hasEnded;
        private set => _hasEnded = value;
    }

    /// <summary>Has an action run when the process ends: one for each key, the last one that was given.</summary>
    public void AtEnd(object key, Func<Task> action)
    {
        _atEnd[key] = action;
        if (HasEnded && _atEnd.TryRemove(key, out _))
            _ = action();
    }

    /// <summary>What was to be run for a key is not needed any more.</summary>
    public void NotAtEnd(object key) => _atEnd.TryRemove(key, out _);

    /// <summary>What runs when the process ends.</summary>
    public int AtEndCount => _atEnd.Count;

    /// <summary>Connections of its threads.</summary>
    public int Connections { get; set; }

    /// <summary>The session of these credentials; it connects at its first call. Null: there are too many.</summary>
    public Session? SessionFor(Peer peer, Greeting greeting, PidMap pids, ILoggerFactory log)
    {
        var (uid, gid) = (greeting.Uid ?? peer.Uid, greeting.Gid ?? peer.Gid);
        uint[] groups = greeting.Uid is null ? peer.Groups : [];
        var capabilities = uid == 0 ? peer.Capabilities : null;
        var key = $"{uid} {gid} {capabilities} {string.Join(',', groups)} {greeting.Realm}";
        if (_sessions.TryGetValue(key, out var session))
            return session;
        if (_sessions.Count == MostSessions)
            return null;
        var options = Options(uid, gid, groups, capabilities, greeting, log);
        session = new Session(options, pids, pid);
        _sessions.Add(key, session);
        return session;
    }

    /// <summary>The session for the files that are opened with the credentials of another session.</summary>
    public FileSession FileSession(Session like, Func<Session> create)
    {
        lock (_fileSessions)
        {
            if (_fileSessions.TryGetValue(like, out var files))
                return files;
            files = new FileSession(create());
            _fileSessions.Add(like, files);
            if (HasEnded)
                files.Release();
            return files;
        }
    }

    /// <summary>The pidfd is readable: the process has ended, however it did.</summary>
    public void OnReadable()
    {
        lock (_fileSessions)
        {
            HasEnded = true;
            foreach (var files in _fileSessions.Values)
                files.Release();
        }

        foreach (var key in _atEnd.Keys)
        {
            if (_atEnd.TryRemove(key, out var action))
                _endings.Add(action());
        }

        ended(this);
    }

    /// <summary>Ends all sessions. Complete when nothing of the process is left.</summary>
    public Task EndSessionsAsync() =>
        Task.WhenAll(_sessions.Values.Select(session => session.EndAsync().AsTask()).Concat(_endings));

    private static IpcClientOptions Options(
        uint uid, uint gid, uint[] groups, ulong? capabilities, Greeting greeting, ILoggerFactory log) => new()
        {
            Addresses = greeting.Addresses,
            Tls = GatewayEnvironment.Tls(),
            Token = GatewayEnvironment.TokenFile() is { } file ? GatewayEnvironment.ReadToken(file) : "",
            Uid = uid,
            Gid = gid,
            Groups = groups,
            Capabilities = capabilities,
            Namespace = greeting.Namespace,
            Umask = UnixFileMode.None, // the shim has taken it from the mode already
            NewProcessWhenLost = true,
            LoggerFactory = log,
        };
}
