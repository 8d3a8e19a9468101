using Cluster.Protocol;

namespace Cluster.Cli.Output.Strace;

/// <content>What a call that succeeded wrote for its caller, and what it returned.</content>
internal sealed partial record StraceCall
{
    private static (string Filled, string Value) Outcome(TracedCall traced, Result result) => result.ValueCase switch
    {
        Result.ValueOneofCase.Message => (Of(result.Message, traced.ResultLength), $"{traced.ResultLength}"),
        Result.ValueOneofCase.QueueStat => (Of(result.QueueStat), "0"),
        Result.ValueOneofCase.SemNumber => ("", $"{result.SemNumber}"),
        Result.ValueOneofCase.SemValues => (Numbers(result.SemValues.Values, traced.ResultLength), "0"),
        Result.ValueOneofCase.SetStat => (Of(result.SetStat), "0"),
        Result.ValueOneofCase.ShmAttachment => ("", $"0x{result.ShmAttachment.Id:x}"),
        Result.ValueOneofCase.SegmentStat => (Of(result.SegmentStat), "0"),
        Result.ValueOneofCase.ShmBytes => (Of(result.ShmBytes), $"{result.ShmBytes.Length}"),
        Result.ValueOneofCase.ShmWord => ("", $"0x{result.ShmWord.Previous:x}"),
        Result.ValueOneofCase.Id => ("", $"{result.Id}"),
        Result.ValueOneofCase.Got => ("", $"{result.Got.Id}"),
        Result.ValueOneofCase.DirectoryStatus =>
            ($"{{used={result.DirectoryStatus.Objects}}}", $"{Math.Max(0, result.DirectoryStatus.HighestIndex)}"),
        _ => ("", Plain(traced)),
    };

    private static string Plain(TracedCall traced) => traced.Call.OpCase switch
    {
        Call.OpOneofCase.ShmWrite => $"{traced.CallLength}",
        Call.OpOneofCase.List or Call.OpOneofCase.NamespaceList => $"{traced.ResultLength}",
        _ => "0",
    };

    private static string Of(Message message, long length) =>
        $"{{mtype={message.Type}, mtext={StraceText.Quote(message.Text, length)}}}";

    // What the data lack at their end are zeros, which nobody needs to see.
    private static string Of(ShmBytes bytes) => StraceText.Quote(bytes.Data, bytes.Length);

    private static string Of(QueueStat stat) =>
        $"{{msg_perm={StraceText.Of(stat.Permissions)}, msg_stime={stat.Stime}, msg_rtime={stat.Rtime}, "
        + $"msg_ctime={stat.Ctime}, msg_qnum={stat.Qnum}, msg_qbytes={stat.Qbytes}, msg_lspid={stat.Lspid}, "
        + $"msg_lrpid={stat.Lrpid}}}";

    private static string Of(SetStat stat) =>
        $"{{sem_perm={StraceText.Of(stat.Permissions)}, sem_otime={stat.Otime}, sem_ctime={stat.Ctime}, "
        + $"sem_nsems={stat.Nsems}}}";

    private static string Of(SegmentStat stat) =>
        $"{{shm_perm={StraceText.Of(stat.Permissions)}, shm_segsz={stat.Segsz}, shm_cpid={stat.Cpid}, "
        + $"shm_lpid={stat.Lpid}, shm_nattch={stat.Nattch}, shm_atime={stat.Atime}, shm_dtime={stat.Dtime}, "
        + $"shm_ctime={stat.Ctime}}}";
}
