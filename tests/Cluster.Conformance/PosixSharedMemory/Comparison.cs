using System.Text;
using Cluster.Client;
using Cluster.Conformance.Linux;
using Cluster.Conformance.Stories;
using Cluster.Protocol;

namespace Cluster.Conformance.PosixSharedMemory;

/// <summary>Scripts on POSIX shared memory: the kernel's, and ours through the client library.</summary>
internal sealed class Comparison(bool asRoot) : IComparison<Script>
{
    private const int PageBytes = 4_096;

    private readonly Crew _crew = new(Script.Processes, asRoot);
    private readonly IpcClient[] _clients = new IpcClient[Script.Processes];
    private readonly List<Opened>[] _open = new List<Opened>[Script.Processes];
    private readonly List<Mapped>[] _mapped = new List<Mapped>[Script.Processes];
    private readonly Dictionary<string, Size> _sizes = []; // by name
    private readonly Dictionary<string, int> _seen = [];
    private InMemoryKernel _kernel = null!;
    private long _exits;

    public long Calls { get; private set; }

    public string Summary => $"{_exits} exits; "
        + string.Join(", ", _seen.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key} {pair.Value}"));

    public bool WasDisturbed() => _crew.WasContinued();

    public string? Run(Script script)
    {
        using var kernel = new InMemoryKernel();
        _kernel = kernel;
        _sizes.Clear();
        for (var who = 0; who < _crew.Size; who++) Introduce(who);
        string? difference = null;
        for (var at = 0; at < script.Length && difference is null; at++)
        {
            if (Take(script.Steps[at]) is { } found) difference = $"step {at + 1}, {script.Steps[at]}: {found}";
        }

        CleanUp();
        return difference;
    }

    public void Dispose() => _crew.Dispose();

    private string? Take(Step step) => step switch
    {
        Step.Open open => Open(open),
        Step.Unlink unlink => Unlink(unlink),
        Step.Exit => Exit(step.Who),
        Step.Load load => On(_mapped, load.Which, load.Who, mapped => Load(load, mapped)),
        Step.Store store => On(_mapped, store.Which, store.Who, mapped => Store(store, mapped)),
        Step.Unmap unmap => On(_mapped, unmap.Which, unmap.Who, mapped => Unmap(unmap, mapped)),
        Step.Truncate truncate => On(_open, truncate.Which, truncate.Who, opened => Truncate(truncate, opened)),
        Step.Read read => On(_open, read.Which, read.Who, opened => Read(read, opened)),
        Step.Write write => On(_open, write.Which, write.Who, opened => Write(write, opened)),
        Step.Map map => On(_open, map.Which, map.Who, opened => Map(map, opened)),
        Step.Dup dup => On(_open, dup.Which, dup.Who, opened => Dup(dup, opened)),
        Step.Close close => On(_open, close.Which, close.Who, opened => Close(close, opened)),
        _ => throw new InvalidOperationException($"no such step: {step}"),
    };

    private static string? On<T>(List<T>[] all, int which, int who, Func<T, string?> take) =>
        all[who].Count == 0 ? null : take(all[who][which % all[who].Count]);

    // ---- names and descriptors ----

    private string? Open(Step.Open step)
    {
        var linux = Tell(step.Who, WorkerCommand.ShmOpen, [(int)step.Flags, step.Mode], Encoding.UTF8.GetBytes(step.Name));
        IPosixSharedMemoryObject? own = null;
        var ours = Errors(() => own = _clients[step.Who].PosixSharedMemory
            .OpenAsync(step.Name, step.Flags, (UnixFileMode)step.Mode).GetAwaiter().GetResult());
        if (Compare(linux, ours) is { } difference) return difference;
        if (own is null) return null;
        var name = step.Name.TrimStart('/');
        if (!_sizes.TryGetValue(name, out var size)) _sizes[name] = size = new Size();
        var opened = new Opened(BitConverter.ToInt64(linux.Data), own, size);
        _open[step.Who].Add(opened);
        return Stat(step.Who, opened);
    }

    private string? Unlink(Step.Unlink step)
    {
        var linux = Tell(step.Who, WorkerCommand.ShmUnlink, [0], Encoding.UTF8.GetBytes(step.Name));
        var ours = Errors(() =>
            _clients[step.Who].PosixSharedMemory.UnlinkAsync(step.Name).GetAwaiter().GetResult());
        if (linux.Errno == 0) _sizes.Remove(step.Name.TrimStart('/'));
        return Compare(linux, ours);
    }

    private string? Dup(Step.Dup step, Opened opened)
    {
        var linux = Tell(step.Who, WorkerCommand.ShmDup, [opened.Fd], []);
        _open[step.Who].Add(new Opened(BitConverter.ToInt64(linux.Data), opened.Own.Duplicate(), opened.Size));
        return null;
    }

    private string? Close(Step.Close step, Opened opened)
    {
        _open[step.Who].Remove(opened);
        var linux = Tell(step.Who, WorkerCommand.ShmClose, [opened.Fd], []);
        return Compare(linux, Errors(() => opened.Own.CloseAsync().GetAwaiter().GetResult()));
    }

    private string? Stat(int who, Opened opened)
    {
        var linux = Tell(who, WorkerCommand.ShmStat, [opened.Fd], []);
        var stat = opened.Own.StatAsync().GetAwaiter().GetResult();
        opened.Size.Bytes = BitConverter.ToInt64(linux.Data);
        var theirs = $"size {opened.Size.Bytes}, mode {BitConverter.ToInt32(linux.Data, 8)}, "
            + $"owner {BitConverter.ToUInt32(linux.Data, 12)}, group {BitConverter.ToUInt32(linux.Data, 16)}";
        var own = $"size {stat.Size}, mode {(int)stat.Mode}, owner {stat.Uid}, group {stat.Gid}";
        return theirs == own ? null : $"ours {own}; Linux {theirs}";
    }

    // ---- bytes ----

    private string? Truncate(Step.Truncate step, Opened opened)
    {
        var linux = Tell(step.Who, WorkerCommand.ShmTruncate, [opened.Fd, step.Length], []);
        var ours = Errors(() => opened.Own.SetLengthAsync(step.Length).GetAwaiter().GetResult());
        return Compare(linux, ours) ?? Stat(step.Who, opened);
    }

    private string? Read(Step.Read step, Opened opened)
    {
        var linux = Tell(step.Who, WorkerCommand.ShmRead, [opened.Fd, step.Offset, step.Length], []);
        var (read, count) = (new byte[step.Length], 0);
        var ours = Errors(() => count = opened.Own.ReadAsync(step.Offset, read).AsTask().GetAwaiter().GetResult());
        return Compare(linux, ours, read[..count]);
    }

    private string? Write(Step.Write step, Opened opened)
    {
        var bytes = Enumerable.Repeat(step.Value, step.Length).ToArray();
        var linux = Tell(step.Who, WorkerCommand.ShmWrite, [opened.Fd, step.Offset], bytes);
        var ours = Errors(() => opened.Own.WriteAsync(step.Offset, bytes).AsTask().GetAwaiter().GetResult());
        return Compare(linux, ours) ?? Stat(step.Who, opened);
    }

    // ---- mappings ----

    private string? Map(Step.Map step, Opened opened)
    {
        long[] numbers = [opened.Fd, step.Length, step.Offset, step.Writes ? 1 : 0];
        var linux = Tell(step.Who, WorkerCommand.ShmMap, numbers, []);
        IPosixSharedMemoryMapping? own = null;
        var ours = Errors(() => own = opened.Own
            .MapAsync(step.Length, step.Offset, isReadOnly: !step.Writes).GetAwaiter().GetResult());
        if (Compare(linux, ours) is { } difference || own is null) return Compare(linux, ours);
        _mapped[step.Who].Add(new Mapped(BitConverter.ToInt64(linux.Data), own, opened.Size));
        return null;
    }

    private string? Unmap(Step.Unmap step, Mapped mapped)
    {
        _mapped[step.Who].Remove(mapped);
        var linux = Tell(step.Who, WorkerCommand.ShmUnmap, [mapped.Address, mapped.Own.Size], []);
        return Compare(linux, Errors(() => mapped.Own.UnmapAsync().GetAwaiter().GetResult()));
    }

    private string? Load(Step.Load step, Mapped mapped)
    {
        if (!IsComparable(step.Offset, step.Length, mapped)) return null;
        var linux = Tell(step.Who, WorkerCommand.ShmLoad, [mapped.Address + step.Offset, step.Length], []);
        var loaded = new byte[step.Length];
        var ours = Errors(() => mapped.Own.ReadAsync(step.Offset, loaded).AsTask().GetAwaiter().GetResult());
        return Compare(linux, ours, loaded);
    }

    private string? Store(Step.Store step, Mapped mapped)
    {
        if (!IsComparable(step.Offset, step.Length, mapped)) return null;
        var bytes = Enumerable.Repeat(step.Value, step.Length).ToArray();
        var linux = Tell(step.Who, WorkerCommand.ShmStore, [mapped.Address + step.Offset], bytes);
        var ours = Errors(() => mapped.Own.WriteAsync(step.Offset, bytes).AsTask().GetAwaiter().GetResult());
        // A store to memory that may only be read is SIGSEGV, which the copying kernel answers with EFAULT.
        if (mapped.Own.IsReadOnly && linux.Errno == (int)Errno.EFAULT && ours == Errno.EACCES) return null;
        return Compare(linux, ours);
    }

    // Ours ends with its last byte, Linux's with its last page: the bytes between are not compared.
    private static bool IsComparable(long offset, int length, Mapped mapped)
    {
        if (offset + length > mapped.Own.Size) return false;
        var (from, to, size) = (mapped.Own.Offset + offset, mapped.Own.Offset + offset + length, mapped.Size.Bytes);
        return to <= size || from >= (size + PageBytes - 1) / PageBytes * PageBytes;
    }

    // ---- processes ----

    private string? Exit(int who)
    {
        _exits++;
        _crew.Replace(who, byKill: Calls % 2 == 0);
        _clients[who].DisposeAsync().AsTask().GetAwaiter().GetResult();
        Introduce(who);
        return null;
    }

    private void Introduce(int who)
    {
        var options = new IpcClientOptions { Uid = _crew[who].Uid, Gid = _crew[who].Gid, Umask = UnixFileMode.None };
        _clients[who] = IpcClient.CreateInMemory(_kernel, options);
        (_open[who], _mapped[who]) = ([], []);
    }

    private void CleanUp()
    {
        for (var who = 0; who < _crew.Size; who++)
        {
            foreach (var mapped in _mapped[who])
                Tell(who, WorkerCommand.ShmUnmap, [mapped.Address, mapped.Own.Size], []);
            foreach (var opened in _open[who]) Tell(who, WorkerCommand.ShmClose, [opened.Fd], []);
            _clients[who].DisposeAsync().AsTask().GetAwaiter().GetResult();
        }

        foreach (var name in Script.Names) Libc.shm_unlink(name);
    }

    // ---- results ----

    private WorkerReply Tell(int who, WorkerCommand command, long[] numbers, byte[] bytes)
    {
        _crew[who].Tell(command, numbers, bytes);
        return _crew[who].Result() ?? throw new InvalidOperationException($"{command} blocks");
    }

    private static Errno Errors(Action call)
    {
        try
        {
            call();
            return Errno.None;
        }
        catch (IpcException error)
        {
            return error.Errno;
        }
    }

    private string? Compare(WorkerReply linux, Errno ours, byte[]? bytes = null)
    {
        Calls++;
        var outcome = linux.Errno == 0 ? "ok" : ((Errno)linux.Errno).ToString();
        _seen[outcome] = _seen.GetValueOrDefault(outcome) + 1;
        if (linux.Errno != (int)ours) return $"ours {ours}, Linux {(Errno)linux.Errno}";
        if (bytes is null || linux.Errno != 0 || bytes.AsSpan().SequenceEqual(linux.Data)) return null;
        return $"ours {Convert.ToHexString(bytes)}, Linux {Convert.ToHexString(linux.Data)}";
    }

    private sealed class Size
    {
        public long Bytes;
    }

    private sealed record Opened(long Fd, IPosixSharedMemoryObject Own, Size Size);

    private sealed record Mapped(long Address, IPosixSharedMemoryMapping Own, Size Size);
}
