using System.Runtime.InteropServices;

namespace Cluster.Conformance.Linux;

/// <summary>A command to a worker.</summary>
internal enum WorkerCommand
{
    /// <summary>semtimedop(2).</summary>
    Operate = 1,

    /// <summary>semctl(SETVAL).</summary>
    SetValue,

    /// <summary>semctl(SETALL).</summary>
    SetAll,

    /// <summary>msgget(2).</summary>
    GetQueue,

    /// <summary>msgsnd(2).</summary>
    Send,

    /// <summary>msgrcv(2).</summary>
    Receive,

    /// <summary>msgctl(IPC_STAT).</summary>
    StatQueue,

    /// <summary>msgctl(IPC_SET).</summary>
    SetQueue,

    /// <summary>msgctl(IPC_RMID).</summary>
    RemoveQueue,

    /// <summary>mq_open(3).</summary>
    MqOpen,

    /// <summary>mq_close(3).</summary>
    MqClose,

    /// <summary>mq_unlink(3).</summary>
    MqUnlink,

    /// <summary>mq_timedsend(3).</summary>
    MqSend,

    /// <summary>mq_timedreceive(3).</summary>
    MqReceive,

    /// <summary>mq_setattr(3).</summary>
    MqSetattr,

    /// <summary>mq_notify(3).</summary>
    MqNotify,

    /// <summary>setrlimit(RLIMIT_MSGQUEUE).</summary>
    MqLimit,

    /// <summary>mq_getattr(3), and a read of the queue's file.</summary>
    MqState,

    /// <summary>sem_open(3).</summary>
    SemOpen,

    /// <summary>sem_unlink(3).</summary>
    SemUnlink,

    /// <summary>sem_close(3).</summary>
    SemClose,

    /// <summary>sem_wait(3).</summary>
    SemWait,

    /// <summary>sem_timedwait(3) with a time-out that has passed.</summary>
    SemTimedwait,

    /// <summary>sem_post(3).</summary>
    SemPost,

    /// <summary>sem_getvalue(3).</summary>
    SemGetvalue,

    /// <summary>shm_open(3).</summary>
    ShmOpen,

    /// <summary>shm_unlink(3).</summary>
    ShmUnlink,

    /// <summary>ftruncate(2).</summary>
    ShmTruncate,

    /// <summary>pread(2).</summary>
    ShmRead,

    /// <summary>pwrite(2).</summary>
    ShmWrite,

    /// <summary>mmap(2).</summary>
    ShmMap,

    /// <summary>munmap(2).</summary>
    ShmUnmap,

    /// <summary>A read of mapped memory.</summary>
    ShmLoad,

    /// <summary>A write to mapped memory.</summary>
    ShmStore,

    /// <summary>dup(2).</summary>
    ShmDup,

    /// <summary>close(2).</summary>
    ShmClose,

    /// <summary>fstat(2).</summary>
    ShmStat,

    /// <summary>mkfifo(3).</summary>
    FifoMake,

    /// <summary>open(2).</summary>
    FifoOpen,

    /// <summary>unlink(2).</summary>
    FifoUnlink,

    /// <summary>write(2).</summary>
    FifoWrite,

    /// <summary>read(2).</summary>
    FifoRead,

    /// <summary>F_SETPIPE_SZ of fcntl(2).</summary>
    FifoResize,

    /// <summary>F_SETFL of fcntl(2).</summary>
    FifoSetFlags,

    /// <summary>poll(2) without time.</summary>
    FifoPoll,

    /// <summary>close(2).</summary>
    FifoClose,

    /// <summary>F_GETPIPE_SZ of fcntl(2) and FIONREAD of ioctl(2).</summary>
    FifoState,

    /// <summary>futex(2).</summary>
    Futex,

    /// <summary>setresuid(2), setresgid(2).</summary>
    Become,

    /// <summary>_exit.</summary>
    Exit,
}

/// <summary>The result of a call.</summary>
/// <param name="Errno">0: it has succeeded.</param>
/// <param name="Data">Further data of the result.</param>
internal readonly record struct WorkerReply(int Errno, byte[] Data);

/// <summary>
/// A process that makes one call after another. It reads the calls from one pipe and writes their results to another.
/// It can be killed, or interrupted by a signal, while it is blocked.
/// </summary>
internal static class Worker
{
    private const int Header = 12; // command, numbers, bytes

    public static void Run(int input, int output)
    {
        using var handler = PosixSignalRegistration.Create((PosixSignal)Libc.SIGUSR2, context => context.Cancel = true);
        Libc.prctl(Libc.PR_SET_PDEATHSIG, Libc.SIGKILL);
        Libc.umask(0);
        var header = new byte[Header];
        Warm();
        Tell(output, new WorkerReply(Libc.gettid(), []));
        while (ReadFully(input, header))
        {
            var numbers = new byte[BitConverter.ToInt32(header, 4) * sizeof(long)];
            var bytes = new byte[BitConverter.ToInt32(header, 8)];
            if (!ReadFully(input, numbers) || !ReadFully(input, bytes)) return;
            var command = (WorkerCommand)BitConverter.ToInt32(header);
            if (command == WorkerCommand.Exit) return;
            Tell(output, Execute(command, MemoryMarshal.Cast<byte, long>(numbers).ToArray(), bytes));
        }
    }

    /// <summary>The bytes of a command.</summary>
    public static byte[] Encode(WorkerCommand command, ReadOnlySpan<long> numbers, ReadOnlySpan<byte> bytes) =>
    [
        .. BitConverter.GetBytes((int)command), .. BitConverter.GetBytes(numbers.Length),
        .. BitConverter.GetBytes(bytes.Length), .. MemoryMarshal.AsBytes(numbers), .. bytes,
    ];

    private static WorkerReply Execute(WorkerCommand command, long[] numbers, byte[] bytes) => command switch
    {
        WorkerCommand.Futex => FutexCalls.Execute(numbers),
        WorkerCommand.Become => Become((uint)numbers[0], (uint)numbers[1]),
        >= WorkerCommand.SemOpen and <= WorkerCommand.SemGetvalue => NamedSemaphoreCalls.Execute(command, numbers, bytes),
        >= WorkerCommand.FifoMake and <= WorkerCommand.FifoState => FifoCalls.Execute(command, numbers, bytes),
        >= WorkerCommand.ShmOpen and <= WorkerCommand.ShmStat => PosixMemoryCalls.Execute(command, numbers, bytes),
        >= WorkerCommand.MqOpen and <= WorkerCommand.MqState => MqueueCalls.Execute(command, numbers, bytes),
        <= WorkerCommand.SetAll => new WorkerReply(SemaphoreCalls.Execute(command, numbers, bytes), []),
        _ => QueueCalls.Execute(command, numbers, bytes),
    };

    private static WorkerReply Become(uint uid, uint gid)
    {
        var failed = Libc.setgroups(0, 0) | Libc.setresgid(gid, gid, gid) | Libc.setresuid(uid, uid, uid);
        Libc.prctl(Libc.PR_SET_PDEATHSIG, Libc.SIGKILL); // setresuid has cleared it
        return new WorkerReply(failed, []);
    }

    // So that the first call blocks in the kernel, and not in the compiler. No object has the id -1.
    private static void Warm()
    {
        foreach (var command in Enum.GetValues<WorkerCommand>())
        {
            if (command is not (WorkerCommand.Exit or WorkerCommand.Become or WorkerCommand.GetQueue
                or WorkerCommand.MqOpen or WorkerCommand.MqLimit or WorkerCommand.SemOpen or WorkerCommand.ShmOpen
                or WorkerCommand.FifoMake))
                Execute(command, [-1, 0, 0, 0, 0], new byte[6]);
        }

        Encode(WorkerCommand.Exit, [0], [0]);
        ReadFully(-1, new byte[1]);
    }

    private static void Tell(int output, WorkerReply reply)
    {
        byte[] bytes =
            [.. BitConverter.GetBytes(reply.Errno), .. BitConverter.GetBytes(reply.Data.Length), .. reply.Data];
        Libc.write(output, bytes, bytes.Length);
    }

    /// <summary>Reads as many bytes as the buffer has; false: they do not come.</summary>
    public static bool ReadFully(int input, byte[] buffer)
    {
        for (nint done = 0; done < buffer.Length;)
        {
            var rest = done == 0 ? buffer : new byte[buffer.Length - done];
            var count = Libc.read(input, rest, rest.Length);
            if (count < 0 && Marshal.GetLastPInvokeError() == 4) continue;
            if (count <= 0) return false;
            if (done > 0) Array.Copy(rest, 0, buffer, (int)done, (int)count);
            done += count;
        }

        return true;
    }
}
