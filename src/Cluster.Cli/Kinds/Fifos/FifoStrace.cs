using Cluster.Cli.Output;
using Op = Cluster.Protocol.FifoCall.OpOneofCase;

namespace Cluster.Cli.Kinds;

/// <summary>
/// The calls on FIFOs in the notation of strace. The number of the description stands in the place of the descriptor.
/// </summary>
internal static class FifoStrace
{
    public static IReadOnlyList<StraceFormat> Formats { get; } =
    [
        Format(
            Op.Write,
            op =>
            {
                var (write, length) = (op.Call.Fifo.Write, op.Traced.CallLength);
                return new("write", $"{write.Description}, {StraceText.Quote(write.Data, length)}, {length}");
            },
            (_, result) => StraceOutcome.Of(result.FifoWritten?.Bytes ?? 0)),
        Format(
            Op.Read,
            op => new("read", $"{op.Call.Fifo.Read.Description}, "),
            (op, result) =>
            {
                var (data, length) = (result.FifoBytes ?? new FifoBytes(), op.Traced.ResultLength);
                return new($"{StraceText.Quote(data.Data, length)}, {op.Call.Fifo.Read.Size}", $"{length}");
            }),
        Format(
            Op.Resize,
            op => new("fcntl", $"{op.Call.Fifo.Resize.Description}, F_SETPIPE_SZ, {op.Call.Fifo.Resize.Bytes}"),
            (_, result) => StraceOutcome.Of(result.FifoStatus?.Capacity ?? 0)),
        Format(
            Op.Stat,
            op => new("ioctl", $"{op.Call.Fifo.Stat.Description}, FIONREAD, "),
            (_, result) => new($"[{result.FifoStatus?.Bytes ?? 0}]", "0")),
    ];

    private static StraceFormat Format(
        Op operation, Func<TracedOperation, StraceArguments> arguments,
        Func<TracedOperation, Result, StraceOutcome>? outcome = null) =>
        new(CallTraits.Find(Call.OpOneofCase.Fifo, (int)operation), arguments, outcome);
}
