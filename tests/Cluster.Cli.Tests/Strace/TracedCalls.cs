using Cluster.Protocol;

namespace Cluster.Cli.Tests.Strace;

/// <summary>Events of a trace.</summary>
internal static class TracedCalls
{
    /// <summary>2026-01-02 12:03:04.123456 UTC.</summary>
    public const long Noon = 1_767_355_384_123_456;

    public static TraceEvent Done(
        Target target, Call call, Result result, long callLength = 0, long resultLength = 0, int pid = 7)
    {
        call.Seq = result.Seq = 1;
        return new TraceEvent
        {
            TimeUs = Noon + 321,
            Pid = pid,
            Seq = 1,
            Target = target,
            Completed = new TracedCall
            {
                Call = call, Result = result, StartUs = Noon, CallLength = callLength, ResultLength = resultLength,
            },
        };
    }

    public static TraceEvent Parked(Target target, Call call, int pid, long callLength = 0)
    {
        call.Seq = 1;
        return new TraceEvent
        {
            TimeUs = Noon + 5,
            Pid = pid,
            Seq = 1,
            Target = target,
            Parked = new TracedCall { Call = call, StartUs = Noon, CallLength = callLength },
        };
    }

    public static Target Queue(int id) => new() { Kind = Kind.MessageQueue, Id = id };

    public static Target Set(int id) => new() { Kind = Kind.SemaphoreSet, Id = id };

    public static Target Segment(int id) => new() { Kind = Kind.SharedMemory, Id = id };

    public static Target Directory(Kind kind) => new() { Kind = Kind.Directory, Id = (int)kind };
}
