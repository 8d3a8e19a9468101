using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Cluster.Conformance.Linux;

/// <summary>
/// A worker, as the tests see it: a process that makes calls on command, and answers when a call returns.
/// </summary>
internal sealed class WorkerProcess : IDisposable
{
    private const int PatienceMs = 120_000; // a machine that is busy elsewhere is no difference

    private static readonly bool IsX64 = RuntimeInformation.ProcessArchitecture == Architecture.X64;

    // The numbers of msgsnd, msgrcv, mq_timedsend and mq_timedreceive.
    private static readonly string[] QueueCalls = IsX64 ? ["69", "70", "242", "243"] : ["189", "188", "182", "183"];

    // open, read and write. The worker reads its commands too, so the descriptor counts.
    private static readonly string[] FileCalls = IsX64 ? ["257", "0", "1"] : ["56", "63", "64"];

    // sem_wait sleeps in it. The runtime does too, for its own reasons, so the address has to be that of the semaphore.
    private static readonly string Futex = IsX64 ? "202" : "98";

    private readonly Process _process;
    private readonly int _input;
    private readonly int _output;
    private readonly string _commands; // the descriptor from which the worker reads its commands
    private readonly byte[] _read = new byte[512];
    private SafeFileHandle? _stat;
    private SafeFileHandle? _call;
    private int _tid;
    private long _semaphore; // the address of the semaphore on which it waits; 0: its call is another one
    private bool _isClosed;

    /// <summary>Starts one; it is ready when <see cref="Await"/> has been called.</summary>
    public WorkerProcess()
    {
        var (commands, results) = (new int[2], new int[2]);
        if (Libc.pipe(commands) != 0 || Libc.pipe(results) != 0) throw new InvalidOperationException("no pipe");
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path
            && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet");
        start.ArgumentList.Add(typeof(WorkerProcess).Assembly.Location);
        start.ArgumentList.Add("worker");
        foreach (var number in new[] { commands[0], results[1] })
            start.ArgumentList.Add(number.ToString(CultureInfo.InvariantCulture));
        _process = Process.Start(start) ?? throw new InvalidOperationException("no process");
        Pid = _process.Id;
        _commands = $"0x{commands[0]:x}";
        Libc.close(commands[0]);
        Libc.close(results[1]);
        (_input, _output) = (commands[1], results[0]);
    }

    public int Pid { get; }

    public uint Uid { get; private set; } = Libc.geteuid();

    public uint Gid { get; private set; } = Libc.getegid();

    /// <summary>Waits until it has started.</summary>
    public void Await()
    {
        if (_tid != 0) return;
        _tid = Result()?.Errno ?? throw new InvalidOperationException("a worker does not start");
        _stat = File.OpenHandle($"/proc/{Pid}/task/{_tid}/stat");
        _call = File.OpenHandle($"/proc/{Pid}/task/{_tid}/syscall");
    }

    /// <summary>Becomes another user.</summary>
    public void Become(uint uid, uint gid)
    {
        Tell(WorkerCommand.Become, [uid, gid]);
        if (Result() is not { Errno: 0 }) throw new InvalidOperationException($"a worker is not user {uid}");
        (Uid, Gid) = (uid, gid);
    }

    public void Tell(WorkerCommand command, ReadOnlySpan<long> numbers, ReadOnlySpan<byte> rest = default)
    {
        _semaphore = command switch
        {
            WorkerCommand.SemWait => numbers[0],
            // A call whose time is over sleeps for a moment, and returns.
            WorkerCommand.Futex => numbers[3] == 0 ? numbers[0] : -1,
            _ => 0,
        };
        var bytes = Worker.Encode(command, numbers, rest);
        if (Libc.write(_input, bytes, bytes.Length) != bytes.Length)
            throw new InvalidOperationException("a worker is gone");
    }

    /// <summary>Whether its call has returned.</summary>
    public bool HasResult => Poll(0);

    /// <summary>The result of its call; null: the call does not return.</summary>
    public WorkerReply? Result()
    {
        if (!Poll(PatienceMs)) return null;
        var header = new byte[8];
        if (!Worker.ReadFully(_output, header)) return null;
        var data = new byte[BitConverter.ToInt32(header, 4)];
        return Worker.ReadFully(_output, data) ? new WorkerReply(BitConverter.ToInt32(header), data) : null;
    }

    /// <summary>
    /// The result of its call; null: it sleeps in a call that sends or receives. The kernel shows that: the thread is not on
    /// a processor, is asleep, and has not answered. A woken thread is runnable before the call that wakes it returns.
    /// </summary>
    public WorkerReply? ResultUnlessBlocked()
    {
        for (var end = Environment.TickCount64 + PatienceMs; !HasResult; Thread.Yield())
        {
            if (IsAsleepInQueueCall() && !HasResult) return null;
            if (Environment.TickCount64 > end) throw new InvalidOperationException("a worker neither works nor sleeps");
        }

        return Result();
    }

    /// <summary>Interrupts its call.</summary>
    public void Interrupt() => Libc.tgkill(Pid, _tid, Libc.SIGUSR2);

    /// <summary>Whether it was stopped and continued since the last check.</summary>
    public bool WasContinued()
    {
        var info = new byte[128];
        return !_isClosed && Libc.waitid(Libc.P_PID, Pid, info, Libc.WCONTINUED | Libc.WNOHANG) == 0
            && info.AsSpan().ContainsAnyExcept((byte)0);
    }

    /// <summary>Ends it, and waits until it has ended.</summary>
    public void End(bool byKill)
    {
        if (byKill) _process.Kill();
        else Tell(WorkerCommand.Exit, []);
        _process.WaitForExit();
        Close();
    }

    public void Dispose()
    {
        if (_isClosed) return;
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        Close();
    }

    private void Close()
    {
        _isClosed = true;
        _stat?.Dispose();
        _call?.Dispose();
        Libc.close(_input);
        Libc.close(_output);
        _process.Dispose();
    }

    private bool IsAsleepInQueueCall()
    {
        var call = Read(_call!).Split(' ');
        var isBlocking = _semaphore != 0
            ? call[0] == Futex && call[1] == $"0x{_semaphore:x}"
            : QueueCalls.Contains(call[0]) || (FileCalls.Contains(call[0]) && call[1] != _commands);
        return isBlocking && Read(_stat!).Split(") ")[^1].StartsWith('S');
    }

    private string Read(SafeFileHandle file) =>
        Encoding.ASCII.GetString(_read, 0, RandomAccess.Read(file, _read, 0));

    private bool Poll(int timeoutMs)
    {
        Libc.PollStruct[] fds = [new Libc.PollStruct { Fd = _output, Events = Libc.POLLIN }];
        int ready;
        do ready = Libc.poll(fds, 1, timeoutMs);
        while (ready < 0); // a signal: another worker has ended
        return ready > 0;
    }
}
