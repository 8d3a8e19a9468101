using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Cluster.Agent.Loop;
using Cluster.Agent.Memory;
using Cluster.Agent.Native;
using Cluster.Agent.Processes;
using Microsoft.Extensions.Logging;

namespace Cluster.Agent;

/// <summary>
/// The agent of one user on one host: programs that run under ipc exec make their calls through it. It listens in a
/// directory of its own: other users cannot reach the agent of a user at all, and that of root only with its token, so
/// that a program which root has started may become another user.
/// </summary>
public sealed class AgentHost : IAsyncDisposable
{
    private const int Backlog = 4096;
    private const int TokenBytes = 16;
    private const UnixFileMode Own =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Pass = UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly EventLoop _loop = new();
    private readonly ProcessTable _processes;
    private readonly HostMemory _memory;
    private readonly Programs.Programs _programs;
    private readonly Descriptor _lock;
    private readonly Descriptor _listener;
    private readonly AgentPaths _paths;
    private readonly TimeSpan _idle;
    private readonly ITimer _idleTimer;
    private readonly TaskCompletionSource _isIdle = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private AgentHost(AgentPaths paths, Descriptor hold, TimeSpan idle, ILoggerFactory log, TimeProvider time)
    {
        (_paths, _lock, _idle) = (paths, hold, idle);
        var token = ReadToken(paths.Token) ?? Convert.ToHexString(RandomNumberGenerator.GetBytes(TokenBytes));
        _processes = new ProcessTable(_loop);
        _memory = new HostMemory(time);
        _programs = new Programs.Programs(_loop, _processes, _memory, token, log);
        File.Delete(paths.Socket);
        _listener = Sockets.Listen(paths.Socket, Backlog);
        var isRoot = Libc.EffectiveUid() == 0;
        File.SetUnixFileMode(paths.Directory, isRoot ? Own | Pass : Own);
        _ = Libc.ChangeMode(paths.Socket, isRoot ? 0x1B6u : 0x180u); // 0666, 0600
        WriteToken(paths.Token, token);
        File.WriteAllText(paths.Pid, string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n"));
        _loop.Add(_listener.Number, new Listener(_listener, _programs.Accept));
        _idleTimer = time.CreateTimer(_ => _loop.Post(EndIfIdle), null, idle, Timeout.InfiniteTimeSpan);
        _processes.Ended += RestartIdle;
        _loop.Start();
    }

    /// <summary>What the ends of processes have to end in the cluster, beside their sessions.</summary>
    internal int AtEndCount => _processes.AtEndCount;

    /// <summary>Complete when no program has run for the time that was given.</summary>
    public Task Idle => _isIdle.Task;

    /// <summary>Starts the agent of the user. Null: another one runs already.</summary>
    /// <param name="directory">Where its socket is; null: the directory of the user.</param>
    /// <param name="idle">How long it lives without a program.</param>
    /// <param name="log">For its sessions.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="IOException">The directory belongs to another user, or the socket cannot be made.</exception>
    public static AgentHost? Start(string? directory, TimeSpan idle, ILoggerFactory log, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        var paths = AgentPaths.Create(directory);
        var hold = new Descriptor(Libc.Open(paths.Lock, Libc.O_RDWR | Libc.O_CLOEXEC | FileFlags.O_CREAT, 0x180)); // 0600
        if (hold.Number >= 0 && Libc.Lock(hold.Number, Libc.LOCK_EX | Libc.LOCK_NB) == 0)
            return new AgentHost(paths, hold, idle, log, time);
        var error = Marshal.GetLastPInvokeError();
        hold.Dispose();
        return error == Libc.EAGAIN
            ? null
            : throw new IOException($"{paths.Lock}: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    /// <summary>Ends the sessions of all programs, and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        await _idleTimer.DisposeAsync().ConfigureAwait(false);
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _loop.Post(() =>
        {
            File.Delete(_paths.Socket);
            _loop.Remove(_listener.Number);
            _listener.Dispose();
            _programs.CloseAll();
            closed.SetResult();
        });
        await closed.Task.ConfigureAwait(false);
        _loop.Dispose();
        await _memory.DisposeAsync().ConfigureAwait(false);
        await _processes.EndAllAsync().ConfigureAwait(false);
        _lock.Dispose();
    }

    // The programs of an agent that has died go on with this one, so they know its token.
    private static string? ReadToken(string path) =>
        File.Exists(path) && File.ReadAllText(path) is { Length: 2 * TokenBytes } token ? token : null;

    private static void WriteToken(string path, string token)
    {
        File.Delete(path);
        using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        file.Write(Encoding.ASCII.GetBytes(token));
    }

    private void RestartIdle() => _idleTimer.Change(_idle, Timeout.InfiniteTimeSpan);

    private void EndIfIdle()
    {
        if (_processes.Count == 0 && _programs.Count == 0)
            _isIdle.TrySetResult();
        else
            RestartIdle();
    }

    private sealed class Listener(Descriptor socket, Action<Descriptor> accepted) : IReadable
    {
        private const int AtOnce = 64;

        public unsafe void OnReadable()
        {
            for (var i = 0; i < AtOnce; i++)
            {
                var number = Libc.Accept(socket.Number, null, null, Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK);
                if (number < 0)
                    return;
                accepted(new Descriptor(number));
            }
        }
    }
}
