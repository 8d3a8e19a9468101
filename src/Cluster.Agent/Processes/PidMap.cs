using System.Collections.Concurrent;

namespace Cluster.Agent.Processes;

/// <summary>
/// The pids that programs of one cluster see. A program knows itself and the others of its host by their pids of Linux. A
/// process of another host has a number above every pid of Linux, so that no program takes it for one of its own host.
/// </summary>
internal sealed class PidMap
{
    /// <summary>PID_MAX_LIMIT of Linux: no pid of Linux is as high.</summary>
    public const int FirstForeign = 1 << 22;

    /// <summary>Pids of programs that have ended are remembered as the last senders and receivers of objects.</summary>
    private const int Remembered = 65_536;

    private readonly ConcurrentDictionary<int, int> _linuxPids = new();
    private readonly ConcurrentQueue<int> _order = new();

    /// <summary>
    /// A process of the cluster belongs to a program of this host. The latest word counts: a cluster that was made anew at
    /// the same address gives out the same pids again.
    /// </summary>
    public void Add(int clusterPid, int linuxPid)
    {
        if (!_linuxPids.TryAdd(clusterPid, linuxPid))
        {
            _linuxPids[clusterPid] = linuxPid;
            return;
        }

        _order.Enqueue(clusterPid);
        while (_order.Count > Remembered && _order.TryDequeue(out var oldest))
            _linuxPids.TryRemove(oldest, out _);
    }

    /// <summary>The pid that a program of this host sees; 0 stays 0: nobody.</summary>
    public int ToLinux(int clusterPid) => clusterPid == 0 ? 0
        : _linuxPids.TryGetValue(clusterPid, out var pid) ? pid
        : FirstForeign + clusterPid;
}
