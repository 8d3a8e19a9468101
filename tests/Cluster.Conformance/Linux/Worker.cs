using System.Runtime.InteropServices;

namespace Cluster.Conformance.Linux;

/// <summary>What a worker is told to do.</summary>
internal enum WorkerCommand
{
    /// <summary>semtimedop(2).</summary>
    Operate = 1,

    /// <summary>semctl(SETVAL).</summary>
    SetValue,

    /// <summary>semctl(SETALL).</summary>
    SetAll,

    /// <summary>_exit.</summary>
    Exit,
}

/// <summary>
/// A process that makes one call after another, as it is told over a pipe, and tells the errno of each over another. It
/// can be killed, or interrupted by a signal, while it is blocked.
/// </summary>
internal static class Worker
{
    private const int Header = 24; // command, id, num, count, time-out in ns

    public static void Run(int input, int output, int uid, int gid)
    {
        using var handler = PosixSignalRegistration.Create((PosixSignal)Libc.SIGUSR2, context => context.Cancel = true);
        if (uid >= 0 && (Libc.setgroups(0, 0) | Libc.setresgid((uint)gid, (uint)gid, (uint)gid)
            | Libc.setresuid((uint)uid, (uint)uid, (uint)uid)) != 0)
            Environment.Exit(70);
        Libc.prctl(Libc.PR_SET_PDEATHSIG, Libc.SIGKILL); // after setresuid, which clears it
        var header = new byte[Header];
        Warm();
        Tell(output, Libc.gettid());
        while (ReadFully(input, header))
        {
            var body = new byte[BitConverter.ToInt32(header, 12) * 6];
            if (!ReadFully(input, body)) return;
            var command = (WorkerCommand)BitConverter.ToInt32(header);
            if (command == WorkerCommand.Exit) return;
            Tell(output, Execute(command, header, body));
        }
    }

    /// <summary>The bytes of a command.</summary>
    public static byte[] Encode(WorkerCommand command, int id, int num, SemBufStruct[] body, long timeoutNs)
    {
        var bytes = new byte[Header + body.Length * 6];
        BitConverter.TryWriteBytes(bytes, (int)command);
        BitConverter.TryWriteBytes(bytes.AsSpan(4), id);
        BitConverter.TryWriteBytes(bytes.AsSpan(8), num);
        BitConverter.TryWriteBytes(bytes.AsSpan(12), body.Length);
        BitConverter.TryWriteBytes(bytes.AsSpan(16), timeoutNs);
        MemoryMarshal.AsBytes(body.AsSpan()).CopyTo(bytes.AsSpan(Header));
        return bytes;
    }

    private static int Execute(WorkerCommand command, byte[] header, byte[] body)
    {
        var (id, num) = (BitConverter.ToInt32(header, 4), BitConverter.ToInt32(header, 8));
        var ops = MemoryMarshal.Cast<byte, SemBufStruct>(body).ToArray();
        var timeoutNs = BitConverter.ToInt64(header, 16);
        var result = command switch
        {
            WorkerCommand.Operate => Libc.semtimedop(
                id, ops, ops.Length, timeoutNs < 0 ? null : [timeoutNs / 1_000_000_000, timeoutNs % 1_000_000_000]),
            WorkerCommand.SetValue => Libc.semctl(id, num, Libc.SETVAL, BitConverter.ToInt32(header, 16)),
            _ => Libc.semctl_values(id, 0, Libc.SETALL, Array.ConvertAll(ops, op => op.Num)),
        };
        return result < 0 ? Marshal.GetLastPInvokeError() : 0;
    }

    // So that the first call blocks in the kernel, and not in the compiler.
    private static void Warm()
    {
        foreach (var command in Enum.GetValues<WorkerCommand>())
            Execute(command, Encode(command, -1, 0, [new SemBufStruct()], 0)[..Header], new byte[6]);
    }

    private static void Tell(int output, int number) => Libc.write(output, BitConverter.GetBytes(number), 4);

    private static bool ReadFully(int input, byte[] buffer)
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
