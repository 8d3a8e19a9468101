using System.Security.Cryptography;
using System.Text;
using Cluster.Agent.Calls;
using Cluster.Agent.Loop;
using Cluster.Agent.Memory;
using Cluster.Agent.Native;
using Cluster.Agent.Processes;
using Cluster.Agent.Wire;
using Microsoft.Extensions.Logging;

namespace Cluster.Agent.Programs;

/// <summary>All programs that are connected: who is let in, and how many. Used on the loop.</summary>
/// <param name="loop">Watches the sockets.</param>
/// <param name="processes">The Linux processes behind them.</param>
/// <param name="memory">The segments of this host.</param>
/// <param name="token">What a program of another user has to know.</param>
/// <param name="log">For the sessions.</param>
internal sealed class Programs(EventLoop loop, ProcessTable processes, HostMemory memory, string token, ILoggerFactory log)
{
    /// <summary>Connections of programs.</summary>
    private const int Most = 32_768;

    /// <summary>Connections that have not greeted: beyond these the oldest one is closed.</summary>
    private const int MostSilent = 128;

    /// <summary>Clusters that programs of this host may be in.</summary>
    private const int MostClusters = 1_024;

    private readonly Dictionary<string, PidMap> _pids = []; // by the addresses of a cluster
    private readonly WrittenFiles _written = new();
    private readonly OpenFiles _files = new(loop);
    private readonly HashSet<ProgramConnection> _connections = [];
    private readonly LinkedList<ProgramConnection> _silent = [];
    private readonly uint _owner = Libc.EffectiveUid();

    /// <summary>Where frames are read into: the loop handles one at a time.</summary>
    public byte[] Buffer { get; } = new byte[WireFormat.RequestBytes + WireFormat.InlineBytes + sizeof(long)];

    public int Count => _connections.Count;

    public void Post(Action action) => loop.Post(action);

    /// <summary>A program has connected.</summary>
    public void Accept(Descriptor socket)
    {
        if (_connections.Count >= Most || Sockets.PeerOf(socket.Number) is not { } peer)
        {
            socket.Dispose();
            return;
        }

        var who = new Peer(peer.Pid, peer.Uid, peer.Gid, Sockets.GroupsOf(socket.Number));
        var connection = new ProgramConnection(socket, who, this);
        _connections.Add(connection);
        _silent.AddLast(connection);
        if (!loop.Add(socket.Number, connection))
            connection.Close();
        if (_silent.Count > MostSilent)
            _silent.First!.Value.Close();
    }

    /// <summary>A program has said who it is. Its uid is the kernel's word; only uid 0 may be another user.</summary>
    /// <param name="connection">Its connection.</param>
    /// <param name="peer">Who has connected.</param>
    /// <param name="thread">gettid(2) of the thread that calls, as the program says.</param>
    /// <param name="payload">The greeting.</param>
    public (Caller? Caller, Errno Refusal) Admit(
        ProgramConnection connection, Peer peer, long thread, ReadOnlySpan<byte> payload)
    {
        if (Greeting.Read(payload) is not { } greeting)
            return (null, Errno.EPROTO);
        var isOther = greeting.Uid is { } uid && uid != peer.Uid || greeting.Gid is { } gid && gid != peer.Gid;
        if (peer.Uid != _owner && !IsToken(greeting.Token) || isOther && peer.Uid != 0)
            return (null, Errno.EPERM);
        if (processes.Find(connection.Socket, peer.Pid) is not { } process)
            return (null, Errno.ESRCH);
        var capabilities = peer.Uid == 0 ? EffectiveCapabilities.Of(peer.Pid, thread) : null;
        if (peer.Uid == 0 && capabilities is null)
            return (null, Errno.ESRCH);
        if (PidsOf(greeting.Cluster) is not { } pids
            || process.SessionFor(peer with { Capabilities = capabilities }, greeting, pids, log) is not { } session)
            return (null, Errno.EMFILE);
        _silent.Remove(connection);
        var caller = new Caller(
            session, process, pids, greeting.IsVolatile, peer.Uid, _files, memory, _written, greeting.Realm,
            session.Another);
        process.Connections++;
        return (caller, Errno.None);
    }

    // Two clusters give out the same pids.
    private PidMap? PidsOf(string cluster)
    {
        if (_pids.TryGetValue(cluster, out var known))
            return known;
        if (_pids.Count == MostClusters)
            return null;
        return _pids[cluster] = new PidMap();
    }

    /// <summary>A connection is about to be closed.</summary>
    public void Remove(ProgramConnection connection)
    {
        loop.Remove(connection.Socket);
        _connections.Remove(connection);
        _silent.Remove(connection);
        if (connection.Caller is { } caller && --caller.Process.Connections == 0)
            _ = memory.DetachUnmappedAsync(caller.Realm, caller.Process);
    }

    /// <summary>
    /// What has to happen before the next call: the end of processes that have ended, and the settings that were written.
    /// Null: nothing.
    /// </summary>
    public Task? BeforeNextCall() => (processes.Endings, _written.Apply()) switch
    {
        (null, var settings) => settings,
        (var endings, null) => endings,
        var (endings, settings) => Task.WhenAll(endings, settings),
    };

    /// <summary>Closes all: the agent stops.</summary>
    public void CloseAll()
    {
        foreach (var connection in _connections.ToArray())
            connection.Close();
    }

    // In the same time for every text.
    private bool IsToken(string text) => CryptographicOperations.FixedTimeEquals(
        Encoding.UTF8.GetBytes(text), Encoding.UTF8.GetBytes(token));
}
