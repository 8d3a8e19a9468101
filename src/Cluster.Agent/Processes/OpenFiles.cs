using System.Collections.Concurrent;
using Cluster.Agent.Loop;
using Cluster.Agent.Native;

namespace Cluster.Agent.Processes;

/// <summary>The open files of all programs, by the inode of their pipes, which every copy of a descriptor shows.</summary>
internal sealed unsafe class OpenFiles(EventLoop loop)
{
    private const int Most = 65_536;
    private readonly ConcurrentDictionary<ulong, OpenFile> _files = new();
    private readonly ConcurrentDictionary<OpenFile, QueueReadiness> _polled = new();

    /// <summary>Makes the file of a description. Null: this process may not have another descriptor.</summary>
    /// <param name="files">The session that holds the description.</param>
    /// <param name="target">The object.</param>
    /// <param name="number">The description.</param>
    /// <param name="holder">The process of the cluster that holds it.</param>
    /// <param name="uid">Who has opened it, in Linux.</param>
    /// <param name="opener">Which process.</param>
    public (OpenFile File, Descriptor ForProgram)? Create(
        FileSession files, Target target, long number, int holder, uint uid, LinuxProcess opener)
    {
        if (_files.Count >= Most || MakePipe() is not { } pipe)
            return null;
        var file = new OpenFile(
            Libc.InodeOf(pipe.Own.Number), pipe.Own, files, target, number, holder, uid, opener, this);
        files.Take();
        _files[file.Inode] = file;
        loop.Post(() => loop.Add(pipe.Own.Number, file));
        return (file, pipe.Program);
    }

    /// <summary>
    /// The file of an inode, if the caller may have a descriptor for it. A number proves nothing by itself, so a program
    /// reaches the files of its own user, and those that its own process has opened as another one; root reaches all.
    /// </summary>
    public OpenFile? Find(ulong inode, uint uid, LinuxProcess process) =>
        _files.TryGetValue(inode, out var file) && (file.Uid == uid || uid == 0 || file.Opener == process)
            ? file : null;

    /// <summary>The file by which a process is registered at a queue: mq_notify(3). Null: it is not.</summary>
    public OpenFile? FindRegistered(Target queue, LinuxProcess process) => _files.Values.FirstOrDefault(
        file => file.Registration is { } registration && registration.Process == process && file.Target.Equals(queue));

    /// <summary>A program polls the file of a queue: complete when the descriptor is as ready as the queue.</summary>
    public Task PollAsync(OpenFile file)
    {
        var readiness = _polled.GetOrAdd(file, static file => new QueueReadiness(file));
        if (!_files.ContainsKey(file.Inode))
            _polled.TryRemove(file, out _); // It was closed meanwhile.
        return readiness.RefreshAsync();
    }

    /// <summary>A program of this host has made a call on a queue: descriptors of it that are polled follow.</summary>
    public Task RefreshAsync(Target queue) => _polled.IsEmpty
        ? Task.CompletedTask
        : Task.WhenAll(_polled.Where(one => one.Key.Target.Equals(queue)).Select(one => one.Value.RefreshAsync()));

    /// <summary>Whether no program has the file any more.</summary>
    public static bool IsUnused(OpenFile file) => Libc.HasNoReader(file.End.Number);

    public void Remove(OpenFile file)
    {
        _files.TryRemove(file.Inode, out _);
        _polled.TryRemove(file, out _);
        loop.Post(() =>
        {
            loop.Remove(file.End.Number);
            lock (file.End)
                file.End.Dispose();
        });
    }

    // The program's end is open for both directions, so that poll(2) can say of it what a queue would.
    private static (Descriptor Own, Descriptor Program)? MakePipe()
    {
        var ends = stackalloc int[2];
        if (Libc.Pipe(ends, Libc.O_CLOEXEC) != 0)
            return null;
        using var reader = new Descriptor(ends[0]);
        var own = new Descriptor(ends[1]);
        _ = Libc.Control(own.Number, Libc.F_SETPIPE_SZ, ReadyPipe.Bytes);
        var program = new Descriptor(Libc.Open($"/proc/self/fd/{ends[0]}", Libc.O_RDWR | Libc.O_CLOEXEC, 0));
        if (program.Number >= 0)
            return (own, program);
        own.Dispose();
        return null;
    }
}
