using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Actors.Tracing;

/// <summary>
/// Makes of a call what a tracer is told: no more of texts and arrays than a line shows, as strace -s does, and nothing
/// that would let the tracer act as the caller.
/// </summary>
internal static class TraceCut
{
    /// <summary>Bytes of a text, and elements of an array.</summary>
    public const int Shown = 32;

    /// <summary>A call and its result, if it has one.</summary>
    public static TracedCall Of(Call call, Result? result, long startUs, bool again)
    {
        var (cut, length) = Cut(call);
        var traced = new TracedCall { Call = cut, StartUs = startUs, CallLength = length, Again = again };
        if (result is not null) (traced.Result, traced.ResultLength) = Cut(result);
        return traced;
    }

    // The call and the result belong to the machine: what is cut is a copy.
    private static (Call Call, long Length) Cut(Call call)
    {
        switch (call.OpCase)
        {
            case Call.OpOneofCase.Msgsnd:
                var text = call.Msgsnd.Text;
                if (text.Length <= Shown) return (call, text.Length);
                var send = new MsgSnd { Type = call.Msgsnd.Type, Text = Cut(text), Flags = call.Msgsnd.Flags };
                return (Like(call, new Call { Msgsnd = send }), text.Length);
            case Call.OpOneofCase.ShmWrite:
                var data = call.ShmWrite.Data;
                var write = new ShmWrite { Offset = call.ShmWrite.Offset, Data = Cut(data) };
                return (Like(call, new Call { ShmWrite = write }), data.Length);
            case Call.OpOneofCase.ShmRead:
                var read = new ShmRead { Offset = call.ShmRead.Offset, Length = call.ShmRead.Length };
                return (Like(call, new Call { ShmRead = read }), 0);
            case Call.OpOneofCase.ShmAtomic:
                var atomic = call.ShmAtomic.Clone();
                atomic.Capability = 0;
                return (Like(call, new Call { ShmAtomic = atomic }), 0);
            case Call.OpOneofCase.Semop:
                var ops = call.Semop.Ops;
                if (ops.Count <= Shown) return (call, ops.Count);
                return (Like(call, new Call { Semop = new SemOp { Ops = { ops.Take(Shown) } } }), ops.Count);
            case Call.OpOneofCase.Semsetall:
                var all = call.Semsetall.Values;
                if (all.Count <= Shown) return (call, all.Count);
                var set = new SemSetAll { Values = { all.Take(Shown) } };
                return (Like(call, new Call { Semsetall = set }), all.Count);
            default:
                return (call, 0);
        }
    }

    private static (Result Result, long Length) Cut(Result result)
    {
        switch (result.ValueCase)
        {
            case Result.ValueOneofCase.Message:
                var text = result.Message.Text;
                if (text.Length <= Shown) return (result, text.Length);
                var message = new Message { Type = result.Message.Type, Text = Cut(text) };
                return (Like(result, new Result { Message = message }), text.Length);
            case Result.ValueOneofCase.ShmBytes:
                var bytes = result.ShmBytes;
                var cut = new ShmBytes { Data = Cut(bytes.Data), Length = bytes.Length };
                return (Like(result, new Result { ShmBytes = cut }), bytes.Length);
            case Result.ValueOneofCase.SemValues:
                var values = result.SemValues.Values;
                var shown = new SemValues { Values = { values.Take(Shown) } };
                return (Like(result, new Result { SemValues = shown }), values.Count);
            case Result.ValueOneofCase.ShmAttachment:
                // Who has the capability may read and write the segment.
                var attachment = result.ShmAttachment.Clone();
                attachment.Capability = 0;
                return (Like(result, new Result { ShmAttachment = attachment }), 0);
            case Result.ValueOneofCase.Listing:
                return (Like(result, new Result()), result.Listing.Ids.Count);
            case Result.ValueOneofCase.NamespaceListing:
                return (Like(result, new Result()), result.NamespaceListing.Names.Count);
            default:
                return (result, 0);
        }
    }

    private static Call Like(Call call, Call cut)
    {
        cut.Seq = call.Seq;
        if (call.HasTimeoutMs) cut.TimeoutMs = call.TimeoutMs;
        return cut;
    }

    private static Result Like(Result result, Result cut)
    {
        (cut.Seq, cut.Errno, cut.Revision) = (result.Seq, result.Errno, result.Revision);
        return cut;
    }

    private static ByteString Cut(ByteString text) =>
        text.Length <= Shown ? text : ByteString.CopyFrom(text.Span[..Shown]);
}
