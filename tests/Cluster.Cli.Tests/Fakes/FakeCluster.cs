using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Tests.Fakes;

/// <summary>A cluster in memory: enough of it for a command line. Namespaces share their queues and limits.</summary>
internal sealed class FakeCluster
{
    private readonly HashSet<int> _connected = [];
    private int _pids;

    public SortedDictionary<int, FakeQueue> Queues { get; } = [];

    public SortedDictionary<int, FakeSet> Sets { get; } = [];

    public SortedDictionary<int, FakeSegment> Segments { get; } = [];

    public SortedSet<string> NamespacePaths { get; } = ["/"];

    public Limits Limits { get; } = new()
    {
        Msgmax = 8_192,
        Msgmnb = 16_384,
        Msgmni = 32_000,
        Semmsl = 32_000,
        Semmns = 1_024_000_000,
        Semopm = 500,
        Semmni = 32_000,
        Shmmax = ulong.MaxValue - (1UL << 24),
        Shmall = ulong.MaxValue - (1UL << 24),
        Shmmni = 4_096,
    };

    public NodeStatReply Node { get; } = new()
    {
        Node = "http://node:1", Version = "1.2.3", UptimeMs = 5_000, Journal = "sqlite /j", JournalCommitUs = 250.04,
    };

    /// <summary>As whom, and where, commands connected.</summary>
    public List<IpcClientOptions> Connections { get; } = [];

    /// <summary>The time-outs of the calls that were made.</summary>
    public List<TimeSpan?> Timeouts { get; } = [];

    /// <summary>IPC_STATs of sets that were under way at once.</summary>
    public int MostAsked { get; set; }

    public int Asked { get; set; }

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
        var permissions = PermissionsOf(key, mode, uid);
        (permissions.Gid, permissions.Cgid) = (gid, gid);
        var queue = new FakeQueue(Queues.Count, permissions, (ulong)Limits.Msgmnb, isVolatile);
        Queues.Add(queue.Stat.Id, queue);
        return queue;
    }

    public FakeSet MakeSet(int key = 0, int count = 1, int mode = 0x1A4, uint uid = 0, bool isVolatile = false)
    {
        var set = new FakeSet(new SetStat
        {
            Id = Sets.Count, Permissions = PermissionsOf(key, mode, uid), Nsems = (uint)count, Volatile = isVolatile,
        });
        Sets.Add(set.Stat.Id, set);
        return set;
    }

    public FakeSegment MakeSegment(
        int key = 0, ulong size = 4_096, int mode = 0x1A4, uint uid = 0, bool isVolatile = false, int cpid = 1)
    {
        var segment = new FakeSegment(new SegmentStat
        {
            Id = Segments.Count,
            Permissions = PermissionsOf(key, mode, uid),
            Segsz = size,
            Cpid = cpid,
            Volatile = isVolatile,
        });
        Segments.Add(segment.Stat.Id, segment);
        return segment;
    }

    /// <summary>IPC_SET.</summary>
    public static void Apply(PermissionsChange change, Permissions to)
    {
        to.Uid = change.Uid ?? to.Uid;
        to.Gid = change.Gid ?? to.Gid;
        if (change.Mode is { } mode) to.Mode = (to.Mode & ~(uint)IpcFlags.ModeBits) | (uint)mode;
    }

    private static Permissions PermissionsOf(int key, int mode, uint uid) =>
        new() { Key = key, Uid = uid, Cuid = uid, Mode = (uint)mode };
}
