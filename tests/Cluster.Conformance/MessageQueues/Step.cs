using Cluster.Protocol;

namespace Cluster.Conformance.MessageQueues;

/// <summary>
/// What happens in a script. Queues are named by where they stand among the latest; any part of a script is a script:
/// what cannot happen is left out.
/// </summary>
/// <param name="Who">The process.</param>
internal abstract record Step(int Who)
{
    /// <summary>msgget(2). The creator of a queue then sets its size.</summary>
    public sealed record Get(int Who, int Key, int Flags, long Qbytes) : Step(Who)
    {
        public override string ToString() =>
            $"p{Who} msgget key {Key}{Words(Flags)} mode {Convert.ToString(Flags & 0x1FF, 8)}, qbytes {Qbytes} if new";
    }

    /// <summary>A call on a queue.</summary>
    /// <param name="Who">The process.</param>
    /// <param name="Which">0: the latest queue.</param>
    public abstract record OnQueue(int Who, int Which) : Step(Who);

    /// <summary>msgsnd(2).</summary>
    public sealed record Send(int Who, int Which, long Type, string Text, int Flags) : OnQueue(Who, Which)
    {
        public override string ToString() =>
            $"p{Who} msgsnd q{Which} {Linux.QueueCalls.Show(Type, Text)}{Words(Flags)}";
    }

    /// <summary>msgrcv(2).</summary>
    public sealed record Receive(int Who, int Which, long Size, long Type, int Flags) : OnQueue(Who, Which)
    {
        public override string ToString() => $"p{Who} msgrcv q{Which} size {Size} type {Type}{Words(Flags)}";
    }

    /// <summary>msgctl(IPC_STAT).</summary>
    public sealed record Stat(int Who, int Which) : OnQueue(Who, Which)
    {
        public override string ToString() => $"p{Who} IPC_STAT q{Which}";
    }

    /// <summary>msgctl(IPC_SET).</summary>
    public sealed record Set(int Who, int Which, uint Uid, uint Gid, uint Mode, long Qbytes) : OnQueue(Who, Which)
    {
        public override string ToString() =>
            $"p{Who} IPC_SET q{Which} uid={Uid} gid={Gid} mode={Convert.ToString(Mode, 8)} qbytes={Qbytes}";
    }

    /// <summary>msgctl(IPC_RMID).</summary>
    public sealed record Remove(int Who, int Which) : OnQueue(Who, Which)
    {
        public override string ToString() => $"p{Who} IPC_RMID q{Which}";
    }

    /// <summary>A signal for a process that is blocked.</summary>
    public sealed record Interrupt(int Who) : Step(Who)
    {
        public override string ToString() => $"signal for p{Who}";
    }

    /// <summary>A process ends, by itself if it can, and another takes its place.</summary>
    public sealed record Exit(int Who) : Step(Who)
    {
        public override string ToString() => $"p{Who} exits";
    }

    private static string Words(int flags)
    {
        (int Flag, string Word)[] words =
        [
            (IpcFlags.IPC_CREAT, "CREAT"), (IpcFlags.IPC_EXCL, "EXCL"), (IpcFlags.IPC_NOWAIT, "NOWAIT"),
            (IpcFlags.MSG_NOERROR, "NOERROR"), (IpcFlags.MSG_EXCEPT, "EXCEPT"), (IpcFlags.MSG_COPY, "COPY"),
        ];
        return string.Concat(words.Where(each => (flags & each.Flag) != 0).Select(each => " " + each.Word));
    }
}
