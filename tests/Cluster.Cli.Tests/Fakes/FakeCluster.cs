using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Tests.Fakes;

/// <summary>A cluster in memory: enough of it for a command line. Namespaces share their queues and limits.</summary>
internal sealed class FakeCluster
{
    private readonly HashSet<int> _connected = [];
    private int _pids;

    public SortedDictionary<int, FakeQueue> Queues { get; } = [];

    public SortedSet<string> NamespacePaths { get; } = ["/"];

    public Limits Limits { get; } = new() { Msgmax = 8_192, Msgmnb = 16_384, Msgmni = 32_000 };

    public NodeStatReply Node { get; } = new()
    {
        Node = "http://node:1", Version = "1.2.3", UptimeMs = 5_000, Journal = "sqlite /j", JournalCommitUs = 250.04,
    };

    /// <summary>As whom, and where, commands connected.</summary>
    public List<IpcClientOptions> Connections { get; } = [];

    /// <summary>The time-outs of the calls that were made.</summary>
    public List<TimeSpan?> Timeouts { get; } = [];

    /// <summary>Limits that were dropped.</summary>
    public List<string> Inherited { get; } = [];

    /// <summary>Done when a call waits for a message.</summary>
    public TaskCompletionSource Waiting { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What a trace of something tells.</summary>
    public Func<string, CancellationToken, IAsyncEnumerable<TraceFrame>> Trace { get; set; } =
        (what, _) => throw new IpcException(Errno.ESRCH, what);

    /// <summary>What connecting fails with.</summary>
    public Exception? Refusal { get; set; }

    /// <summary>Processes that have not taken leave.</summary>
    public int Connected => _connected.Count;

    public Task<IIpcClient> ConnectAsync(IpcClientOptions options, CancellationToken cancelled)
    {
        if (Refusal is not null) throw Refusal;
        lock (this)
        {
            Connections.Add(options);
            _connected.Add(++_pids);
            return Task.FromResult<IIpcClient>(new FakeClient(this, options, _pids));
        }
    }

    public void Left(int pid)
    {
        lock (this) _connected.Remove(pid);
    }

    public FakeQueue Make(int key = 0, int mode = 0x1A4, uint uid = 0, uint gid = 0, bool isVolatile = false)
    {
        var permissions = new Permissions
        {
            Key = key, Uid = uid, Gid = gid, Cuid = uid, Cgid = gid, Mode = (uint)mode,
        };
        var queue = new FakeQueue(Queues.Count, permissions, (ulong)Limits.Msgmnb, isVolatile);
        Queues.Add(queue.Stat.Id, queue);
        return queue;
    }
}
