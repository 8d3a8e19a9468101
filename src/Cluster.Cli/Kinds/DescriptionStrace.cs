using Cluster.Cli.Output;
using Op = Cluster.Protocol.DescriptionCall.OpOneofCase;

namespace Cluster.Cli.Kinds;

/// <summary>
/// The formats of the operations on open file descriptions, which all kinds with names have. The number of a
/// description stands in the place of the descriptor, which only the process knows.
/// </summary>
internal static class DescriptionStrace
{
    private static readonly (int Bit, string Name)[] Events =
    [
        (FileFlags.POLLIN, "POLLIN"), (FileFlags.POLLOUT, "POLLOUT"), (FileFlags.POLLERR, "POLLERR"),
        (FileFlags.POLLHUP, "POLLHUP"),
    ];

    public static IReadOnlyList<StraceFormat> Formats { get; } =
    [
        Format(
            Op.Open,
            op => op.Call.Description.Open.Pair
                ? new(Pairing(op), "")
                : new(Opening(op), $"/* {op.Id} */, {OpenFlags(op.Call.Description.Open.Flags)}"),
            (op, result) => op.Call.Description.Open.Pair
                ? new($"[{result.DescriptionOpened?.Number ?? 0}, {result.DescriptionOpened?.PeerNumber ?? 0}]"
                    + PairFlags(op.Call.Description.Open.Flags), "0")
                : StraceOutcome.Of(result.DescriptionOpened?.Number ?? 0)),
        Format(Op.Close, op => new("close", $"{op.Call.Description.Close.Number}")),
        Format(Op.SetFlags, op => new(
            "fcntl",
            $"{op.Call.Description.SetFlags.Number}, F_SETFL, {StatusFlags(op.Call.Description.SetFlags.Flags)}")),
        // Linux passes descriptors through fork(2) and SCM_RIGHTS, and has no such call.
        Format(Op.Share, op => new(
            "share", $"{op.Call.Description.Share.Number}, {op.Call.Description.Share.Pid}")),
        Format(
            Op.Poll,
            op =>
            {
                var (poll, call) = (op.Call.Description.Poll, op.Call);
                var events = StraceText.Flags(poll.Events, Events);
                var timeout = call.HasTimeoutMs ? call.TimeoutMs : -1;
                return new("poll", $"[{{fd={poll.Number}, events={events}}}], 1, {timeout}");
            },
            (op, result) =>
            {
                var (fd, ready) = (op.Call.Description.Poll.Number, result.PollReadiness?.Events ?? 0);
                return new("", $"1 ([{{fd={fd}, revents={StraceText.Flags(ready, Events)}}}])");
            }),
        // Linux has no such call: lsof(8) reads /proc.
        Format(Op.Holders, op => new("holders", $"/* {op.Id} */")),
        Format(Op.Stat, op => new("stat", $"/* {op.Id} */, "), (op, result) => new(Stat(op, result.FileStat), "0")),
    ];

    private static StraceFormat Format(
        Op operation, Func<TracedOperation, StraceArguments> arguments,
        Func<TracedOperation, Result, StraceOutcome>? outcome = null) =>
        new(CallTraits.Find(Call.OpOneofCase.Description, (int)operation), arguments, outcome);

    private static string Opening(TracedOperation op) => (op.Kind as NamedKind)?.CallOf("open") ?? "open";

    private static string Pairing(TracedOperation op) => (op.Kind as NamedKind)?.PairCall ?? "pipe2";

    private static string PairFlags(int flags) => $", {StatusFlags(flags)}";

    private static string OpenFlags(int flags)
    {
        var access = (flags & FileFlags.O_ACCMODE) switch
        {
            FileFlags.O_RDONLY => "O_RDONLY",
            FileFlags.O_WRONLY => "O_WRONLY",
            FileFlags.O_RDWR => "O_RDWR",
            _ => "O_ACCMODE",
        };
        return (flags & ~FileFlags.O_ACCMODE) == 0
            ? access
            : $"{access}|{StatusFlags(flags & ~FileFlags.O_ACCMODE)}";
    }

    private static string StatusFlags(int flags) => StraceText.Flags(
        flags, (FileFlags.O_TRUNC, "O_TRUNC"), (FileFlags.O_NONBLOCK, "O_NONBLOCK"), (FileFlags.O_DIRECT, "O_DIRECT"));

    private static string Stat(TracedOperation op, FileStat? stat) => stat is null
        ? ""
        : $"{{st_mode={FileType(op)}|{StraceText.Octal(stat.Permissions?.Mode ?? 0)}, st_size={stat.Size}, ...}}";

    private static string FileType(TracedOperation op) => op.Kind switch
    {
        FifoKind => "S_IFIFO",
        SocketKind => "S_IFSOCK",
        _ => "S_IFREG",
    };
}
