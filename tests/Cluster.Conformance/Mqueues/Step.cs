using Cluster.Protocol;

namespace Cluster.Conformance.Mqueues;

/// <summary>An operation of a script. Any part of a script is a script: impossible operations are left out.</summary>
internal abstract record Step(int Who)
{
    /// <summary>mq_open(3).</summary>
    public sealed record Open(int Who, string Name, int Flags, int Mode, (long Maxmsg, long Msgsize)? Size) : Step(Who)
    {
        public override string ToString() =>
            $"p{Who} mq_open \"{Name}\" {Flags:x} {Convert.ToString(Mode, 8)} {(Size is { } size ? $"{size}" : "NULL")}";
    }

    /// <summary>mq_unlink(3).</summary>
    public sealed record Unlink(int Who, string Name) : Step(Who)
    {
        public override string ToString() => $"p{Who} mq_unlink \"{Name}\"";
    }

    /// <summary>A call on one of the open descriptions of the process.</summary>
    public abstract record OnOpen(int Who, int Which) : Step(Who);

    /// <summary>mq_send(3), or mq_timedsend(3) with a time-out that has passed.</summary>
    public sealed record Send(int Who, int Which, string Text, int Priority, bool Timed) : OnOpen(Who, Which)
    {
        public override string ToString() => $"p{Who} mq_send {Which} \"{Text}\" {Priority}{(Timed ? " timed" : "")}";
    }

    /// <summary>mq_receive(3), or mq_timedreceive(3) with a time-out that has passed.</summary>
    public sealed record Receive(int Who, int Which, int Size, bool Timed) : OnOpen(Who, Which)
    {
        public override string ToString() => $"p{Who} mq_receive {Which} {Size}{(Timed ? " timed" : "")}";
    }

    /// <summary>mq_setattr(3).</summary>
    public sealed record SetFlags(int Who, int Which, int Flags) : OnOpen(Who, Which)
    {
        public override string ToString() => $"p{Who} mq_setattr {Which} {Flags:x}";
    }

    /// <summary>mq_notify(3).</summary>
    public sealed record Notify(int Who, int Which, int Method, int Signal, bool Remove) : OnOpen(Who, Which)
    {
        public override string ToString() => $"p{Who} mq_notify {Which} {(Remove ? "NULL" : $"{Method} {Signal}")}";
    }

    /// <summary>mq_close(3).</summary>
    public sealed record Close(int Who, int Which) : OnOpen(Who, Which)
    {
        public override string ToString() => $"p{Who} mq_close {Which}";
    }

    /// <summary>setrlimit(RLIMIT_MSGQUEUE).</summary>
    public sealed record Limit(int Who, long Bytes) : Step(Who)
    {
        public override string ToString() => $"p{Who} RLIMIT_MSGQUEUE {Bytes}";
    }

    /// <summary>A process ends, killed if it is blocked, and another takes its place.</summary>
    public sealed record Exit(int Who) : Step(Who)
    {
        public override string ToString() => $"p{Who} exits";
    }
}
