using Cluster.Client.Engine;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Client.Tests;

/// <summary>Calls and results, in few words.</summary>
internal static class Calls
{
    public static Target Queue(long id) => new() { Kind = Kind.MessageQueue, Id = id };

    public static EngineCall Send(long queue, int bytes = 10, long timeoutMs = -1, int flags = 0) =>
        Prepared(queue, new Call { Msgsnd = new MsgSnd { Type = 1, Text = Text(bytes), Flags = flags } }, timeoutMs);

    public static EngineCall Receive(long queue, long timeoutMs = -1) =>
        Prepared(queue, new Call { Msgrcv = new MsgRcv { Size = 8192 } }, timeoutMs);

    public static Result Ok(ulong seq, ulong revision = 0) => new() { Seq = seq, Revision = revision };

    public static Result Failed(ulong seq, Errno errno) => new() { Seq = seq, Errno = (int)errno };

    public static Result Message(ulong seq, string text, ulong revision = 1) => new()
    {
        Seq = seq,
        Revision = revision,
        Message = new Message { Type = 1, Text = ByteString.CopyFromUtf8(text) },
    };

    public static ServerFrame Results(long queue, params Result[] results) => Results(queue, "", results);

    public static ServerFrame Results(long queue, string owner, params Result[] results) =>
        Results(Queue(queue), owner, results);

    public static ServerFrame Results(Target target, string owner, params Result[] results) =>
        new() { Results = { new TargetResults { Target = target, Owner = owner, Results = { results } } } };

    public static ServerFrame Welcome(string node, int pid = 7) => new()
    {
        Welcome = new Welcome
        {
            Pid = pid,
            Token = ByteString.CopyFromUtf8("token"),
            LeaseMs = 30_000,
            Node = node,
            Namespace = "/",
            Credentials = new Credentials { Uid = 1000, Gid = 100 },
        },
    };

    public static ServerFrame Farewell(Errno errno, bool retry = false) =>
        new() { Farewell = new Farewell { Errno = (int)errno, Retry = retry } };

    public static IEnumerable<ulong> Seqs(this ClientFrame frame) =>
        frame.Calls.SelectMany(calls => calls.Calls).Select(call => call.Seq);

    private static EngineCall Prepared(long queue, Call body, long timeoutMs)
    {
        var call = new EngineCall();
        call.Prepare(Queue(queue), body, timeoutMs);
        call.CountsAgainstWindow = body.Msgsnd is { } send && (send.Flags & IpcFlags.IPC_NOWAIT) == 0;
        return call;
    }

    private static ByteString Text(int bytes) => ByteString.CopyFrom(new byte[bytes]);
}
