using System.Runtime.InteropServices;

namespace Cluster.Conformance.Linux;

/// <summary>The calls on semaphore sets that a worker makes.</summary>
internal static class SemaphoreCalls
{
    /// <summary>Makes a call; its errno.</summary>
    /// <param name="command">Which.</param>
    /// <param name="numbers">The id, the semaphore, and a value or a time-out in ns.</param>
    /// <param name="bytes">Operations.</param>
    public static int Execute(WorkerCommand command, long[] numbers, byte[] bytes)
    {
        var (id, num, value) = ((int)numbers[0], (int)numbers[1], numbers[2]);
        var ops = MemoryMarshal.Cast<byte, SemBufStruct>(bytes).ToArray();
        var result = command switch
        {
            WorkerCommand.Operate => Libc.semtimedop(
                id, ops, ops.Length, value < 0 ? null : [value / 1_000_000_000, value % 1_000_000_000]),
            WorkerCommand.SetValue => Libc.semctl(id, num, Libc.SETVAL, (int)value),
            _ => Libc.semctl_values(id, 0, Libc.SETALL, Array.ConvertAll(ops, op => op.Num)),
        };
        return result < 0 ? Marshal.GetLastPInvokeError() : 0;
    }
}
