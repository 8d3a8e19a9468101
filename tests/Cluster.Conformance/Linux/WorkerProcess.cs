using System.Diagnostics;
using System.Globalization;

namespace Cluster.Conformance.Linux;

/// <summary>A worker, as the tests see it: a process that is told to call, and answers when the call returns.</summary>
internal sealed class WorkerProcess : IDisposable
{
    private const int PatienceMs = 120_000; // a machine that is busy elsewhere is no difference

    private readonly Process _process;
    private readonly int _input;
    private readonly int _output;
    private int _tid;
    private bool _isClosed;

    /// <summary>Starts one; it is ready when <see cref="Await"/> has been called.</summary>
    /// <param name="uid">The user that it becomes; -1: it stays who it is.</param>
    /// <param name="gid">Its group.</param>
    public WorkerProcess(int uid, int gid)
    {
        (Uid, Gid) = (uid, gid);
        var (commands, results) = (new int[2], new int[2]);
        if (Libc.pipe(commands) != 0 || Libc.pipe(results) != 0) throw new InvalidOperationException("no pipe");
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path
            && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet");
        start.ArgumentList.Add(typeof(WorkerProcess).Assembly.Location);
        start.ArgumentList.Add("worker");
        foreach (var number in new[] { commands[0], results[1], uid, gid })
            start.ArgumentList.Add(number.ToString(CultureInfo.InvariantCulture));
        _process = Process.Start(start) ?? throw new InvalidOperationException("no process");
        Pid = _process.Id;
        Libc.close(commands[0]);
        Libc.close(results[1]);
        (_input, _output) = (commands[1], results[0]);
    }

    public int Pid { get; }

    public int Uid { get; }

    public int Gid { get; }

    /// <summary>Waits until it has started.</summary>
    public void Await()
    {
        if (_tid == 0) _tid = Result() ?? throw new InvalidOperationException("a worker does not start");
    }

    public void Tell(WorkerCommand command, int id, int num, SemBufStruct[] body, long timeoutNs)
    {
        var bytes = Worker.Encode(command, id, num, body, timeoutNs);
        if (Libc.write(_input, bytes, bytes.Length) != bytes.Length)
            throw new InvalidOperationException("a worker is gone");
    }

    /// <summary>Whether its call has returned.</summary>
    public bool HasResult => Poll(0);

    /// <summary>The errno of its call when it returns; null: it does not.</summary>
    public int? Result()
    {
        if (!Poll(PatienceMs)) return null;
        var bytes = new byte[4];
        return Libc.read(_output, bytes, 4) == 4 ? BitConverter.ToInt32(bytes) : null;
    }

    /// <summary>Interrupts its call.</summary>
    public void Interrupt() => Libc.tgkill(Pid, _tid, Libc.SIGUSR2);

    /// <summary>Ends it, and waits until it has ended.</summary>
    public void End(bool byKill)
    {
        if (byKill) _process.Kill();
        else Tell(WorkerCommand.Exit, 0, 0, [], 0);
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
        Libc.close(_input);
        Libc.close(_output);
        _process.Dispose();
    }

    private bool Poll(int timeoutMs)
    {
        Libc.PollStruct[] fds = [new Libc.PollStruct { Fd = _output, Events = Libc.POLLIN }];
        return Libc.poll(fds, 1, timeoutMs) > 0;
    }
}
