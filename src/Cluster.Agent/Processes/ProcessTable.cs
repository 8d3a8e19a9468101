using Cluster.Agent.Loop;
using Cluster.Agent.Native;

namespace Cluster.Agent.Processes;

/// <summary>
/// The Linux processes that are connected or were. The inode of the pidfd names a process: it is never used again
/// (Linux 6.9), so a new process with an old pid is another one. Used on the loop alone.
/// </summary>
internal sealed class ProcessTable(EventLoop loop)
{
    private readonly Dictionary<ulong, LinuxProcess> _processes = [];
    private readonly List<Task> _endings = [];

    public int Count => _processes.Count;

    public int AtEndCount => _processes.Values.Sum(process => process.AtEndCount);

    /// <summary>
    /// Complete when nothing is left of the processes that have ended. A parent that has waited for a child finds its
    /// semaphores undone and its memory detached, as after exit(2): the pidfd is readable before wait(2) returns.
    /// </summary>
    public Task? Endings
    {
        get
        {
            _endings.RemoveAll(ending => ending.IsCompleted);
            return _endings.Count == 0 ? null : Task.WhenAll(_endings);
        }
    }

    /// <summary>Raised on the loop when a process has ended.</summary>
    public event Action? Ended;

    /// <summary>The process that has connected; null: it has ended already, or cannot be watched.</summary>
    public LinuxProcess? Find(int socket, int pid)
    {
        if (Sockets.PidDescriptorOf(socket, pid) is not { } descriptor)
            return null;
        var inode = Libc.InodeOf(descriptor.Number);
        if (_processes.TryGetValue(inode, out var known))
        {
            descriptor.Dispose();
            return known;
        }

        var process = new LinuxProcess(pid, descriptor, OnEnded);
        if (!loop.Add(descriptor.Number, process))
        {
            descriptor.Dispose();
            return null;
        }

        _processes.Add(inode, process);
        return process;
    }

    /// <summary>Ends the sessions of all processes: the agent stops.</summary>
    public async Task EndAllAsync()
    {
        await Task.WhenAll(_processes.Values.Select(process => process.EndSessionsAsync())).ConfigureAwait(false);
        await Task.WhenAll(_endings).ConfigureAwait(false);
    }

    private void OnEnded(LinuxProcess process)
    {
        loop.Remove(process.PidDescriptor.Number);
        _processes.Remove(Libc.InodeOf(process.PidDescriptor.Number));
        process.PidDescriptor.Dispose();
        _endings.RemoveAll(ending => ending.IsCompleted);
        _endings.Add(process.EndSessionsAsync());
        Ended?.Invoke();
    }
}
