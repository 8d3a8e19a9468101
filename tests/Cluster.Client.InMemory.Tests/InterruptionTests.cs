using Cluster.Protocol;

namespace Cluster.Client.InMemory.Tests;

/// <summary>EINTR and SA_RESTART: "Interruption of system calls and library functions by signal handlers" of signal(7).</summary>
public sealed class InterruptionTests : KernelTests
{
    private static readonly Signal Usr1 = Signal.SIGUSR1;

    /// <summary>The calls that may wait, and whether SA_RESTART lets them go on.</summary>
    public static TheoryData<string, bool> Calls { get; } = new()
    {
        { "msgrcv", false }, { "msgsnd", false }, { "semop", false }, { "lock", false }, { "poll", false },
        { "sigtimedwait", false }, { "mq_receive", true }, { "mq_send", true }, { "sem_wait", true }, { "read", true },
        { "write", true }, { "open", true }, { "accept", true }, { "recv", true }, { "futex", true }, { "waitid", true }, { "waitid child", true },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task A_handler_interrupts_a_call_that_waits(string name, bool restarts)
    {
        await using var call = await BeginAsync(name);
        await SignalAsync(SignalInterruption.None);
        Assert.False(call.Waiting.IsCompleted);
        await SignalAsync(SignalInterruption.Restart);
        if (restarts)
        {
            Assert.False(call.Waiting.IsCompleted);
            await SignalAsync(SignalInterruption.Interrupt);
        }

        await FailsAsync(Errno.EINTR, () => call.Waiting);
    }

    [Fact]
    public void Every_call_that_may_wait_is_in_the_table()
    {
        var waiting = CallTraits.Operations
            .Where(operation => operation.Blocks is Blocking.Interrupted or Blocking.Restarted)
            .Select(operation => (operation.Name, operation.Blocks == Blocking.Restarted)).Order();
        Assert.Equal(
            new[]
            {
                ("description_open", true), ("description_poll", false), ("fifo_read", true), ("fifo_write", true), ("futex_wait", true), ("futex_waitv", true),
                ("mqueue_receive", true), ("mqueue_send", true), ("msgrcv", false), ("msgsnd", false),
                ("posix_semaphore_wait", true), ("process_await", true), ("process_reap", true), ("semop", false),
                ("signal_wait", false), ("socket_accept", true), ("socket_connect", true),
                ("socket_receive", true), ("socket_send", true),
            },
            waiting);
    }

    [Fact]
    public async Task A_call_that_does_not_wait_is_not_interrupted_and_what_has_happened_counts()
    {
        var queue = await Ipc.MessageQueues.CreateAsync();
        await SignalAsync(SignalInterruption.Interrupt);
        await queue.SendAsync(1, "x"u8.ToArray());
        Assert.Equal("x"u8.ToArray(), (await queue.ReceiveAsync()).Text.ToArray());
        Assert.Null(await queue.TryReceiveAsync());
    }

    [Fact]
    public async Task Mq_notify_sends_a_signal_with_the_sender_of_the_message()
    {
        await Ipc.Signals.BlockAsync([Usr1]);
        await using var queue = await Ipc.PosixMessageQueues.OpenAsync("/q", OpenFlags.Create | OpenFlags.ReadWrite);
        await using var registration = await queue.NotifyBySignalAsync(Usr1, 42);
        await using var sender = Client(1000);
        await using var theirs = await sender.PosixMessageQueues.OpenAsync("/q", OpenFlags.WriteOnly);
        await theirs.SendAsync("x"u8.ToArray(), 0);
        Assert.Equal(
            new ReceivedSignal(Usr1, SignalCode.MessageQueue, sender.Pid, 1000, 42), await Ipc.Signals.WaitAsync([Usr1]));
        Assert.Equal(new PosixNotification(42, sender.Pid, 1000), await registration.Notified);
        await FailsAsync(Errno.EINVAL, () => queue.NotifyBySignalAsync((Signal)65));
    }

    [Fact]
    public async Task A_write_that_nobody_can_read_sends_SIGPIPE_to_whoever_asks_for_that()
    {
        await using var plain = await Ipc.Fifos.CreatePipeAsync();
        await plain.Reader.CloseAsync();
        await FailsAsync(Errno.EPIPE, () => plain.Writer.WriteAsync(new byte[1]).AsTask());
        await using var writer = IpcClient.CreateInMemory(Kernel, new IpcClientOptions { Uid = 1000, RaisesSigpipe = true });
        await writer.Signals.BlockAsync([Signal.SIGPIPE]);
        await using var pipe = await writer.Fifos.CreatePipeAsync();
        await pipe.Reader.CloseAsync();
        await FailsAsync(Errno.EPIPE, () => pipe.Writer.WriteAsync(new byte[1]).AsTask());
        Assert.Equal([Signal.SIGPIPE], await writer.Signals.PendingAsync());
        await writer.Signals.WaitAsync([Signal.SIGPIPE]);
        var (end, peer) = await writer.Sockets.CreatePairAsync();
        await using var own = end;
        await peer.CloseAsync();
        await FailsAsync(Errno.EPIPE, () => own.SendAsync(new byte[1]).AsTask());
        Assert.Equal([Signal.SIGPIPE], await writer.Signals.PendingAsync());
    }

    // Returns when the handler runs: the calls were interrupted before.
    private async Task SignalAsync(SignalInterruption interruption)
    {
        var isHandled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var handler = await Ipc.Signals.OnAsync(
            Usr1,
            _ =>
            {
                isHandled.SetResult();
                return Task.CompletedTask;
            },
            interruption);
        await Ipc.Signals.KillAsync(Ipc.Pid, Usr1);
        await isHandled.Task;
        await Ipc.Signals.PendingAsync(); // the cancels have arrived before this
    }

    private async Task<Begun> BeginAsync(string name)
    {
        var keeps = new List<IAsyncDisposable>();
        await Ipc.Signals.PendingAsync(); // the first call makes the process
        var waiting = await BeginAsync(name, keeps);
        await using var other = Client(1000);
        await SleepsAsync(other, Ipc.Pid);
        return new Begun(waiting, keeps);
    }

    private async Task<Task> BeginAsync(string name, List<IAsyncDisposable> keeps)
    {
        switch (name)
        {
            case "msgrcv":
                return (await Ipc.MessageQueues.CreateAsync()).ReceiveAsync().AsTask();
            case "msgsnd":
                var full = await Ipc.MessageQueues.CreateAsync();
                while (await full.TrySendAsync(1, new byte[8_000]))
                {
                }

                return full.SendAsync(1, new byte[8_000]).AsTask();
            case "semop":
                return (await Ipc.SemaphoreSets.CreateAsync(1)).OperateAsync([new(Number: 0, Amount: -1)]).AsTask();
            case "lock":
                var set = await Ipc.SemaphoreSets.CreateAsync(1);
                keeps.Add(await set.LockAsync());
                var second = set.LockAsync();
                return second.AsTask();
            case "poll":
                var polled = await Ipc.Fifos.CreatePipeAsync();
                keeps.Add(polled);
                return polled.Reader.PollAsync(PollEvents.Readable);
            case "sigtimedwait":
                await Ipc.Signals.BlockAsync([Signal.SIGUSR2]);
                return Ipc.Signals.WaitAsync([Signal.SIGUSR2]);
            case "mq_receive" or "mq_send":
                var queue = await Ipc.PosixMessageQueues.OpenAsync("/q", OpenFlags.Create | OpenFlags.ReadWrite);
                keeps.Add(queue);
                if (name == "mq_receive")
                    return queue.ReceiveAsync().AsTask();
                while (await queue.TrySendAsync(new byte[1], 0))
                {
                }

                return queue.SendAsync(new byte[1], 0).AsTask();
            case "sem_wait":
                var semaphore = await Ipc.PosixSemaphores.OpenAsync("/s", OpenFlags.Create, value: 0);
                keeps.Add(semaphore);
                return semaphore.WaitAsync(timeout: null).AsTask();
            case "read" or "write":
                var pipe = await Ipc.Fifos.CreatePipeAsync();
                keeps.Add(pipe);
                if (name == "read")
                    return pipe.Reader.ReadAsync(new byte[1]).AsTask();
                await pipe.Writer.WriteAsync(new byte[65_536]);
                return pipe.Writer.WriteAsync(new byte[1]).AsTask();
            case "open":
                await Ipc.Fifos.CreateAsync("/f");
                return Ipc.Fifos.OpenAsync("/f", OpenFlags.ReadOnly);
            case "accept":
                var listener = await Ipc.Sockets.ListenAsync("/l");
                keeps.Add(listener);
                return listener.AcceptAsync();
            case "recv":
                var (one, two) = await Ipc.Sockets.CreatePairAsync();
                keeps.AddRange([one, two]);
                return one.ReceiveAsync(new byte[1]).AsTask();
            case "futex":
                var memory = await Ipc.SharedMemorySegments.CreateAsync(8);
                return (await memory.AttachAsync()).Futexes.WaitAsync(0, 0, timeout: null).AsTask();
            case "waitid":
                var awaited = Client(1000);
                keeps.Add(awaited);
                await awaited.Signals.PendingAsync();
                return Ipc.Processes.WaitForExitAsync(awaited.Pid);
            case "waitid child":
                var parent = await Ipc.Processes.GetParentAsync();
                var child = IpcClient.CreateInMemory(Kernel, new IpcClientOptions { Uid = 1000, Parent = parent });
                keeps.Add(child);
                await child.Signals.PendingAsync();
                return Ipc.Processes.WaitForChildAsync();
            default:
                throw new ArgumentException(name, nameof(name));
        }
    }

    private sealed record Begun(Task Waiting, List<IAsyncDisposable> Keeps) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            foreach (var each in Keeps) await each.DisposeAsync();
        }
    }
}
