using System.Reflection;
using Cluster.Cli.Tracing;
using Cluster.Protocol;
using Google.Protobuf;
using static Cluster.Cli.Tests.Strace.TracedCalls;

namespace Cluster.Cli.Tests.Strace;

public sealed class TraceFormatterTests
{
    private readonly TraceFormatter _formatter = new();

    [Fact]
    public void A_call_that_blocks_is_shown_unfinished_and_resumed()
    {
        Assert.Equal("12:03:04.123456 [pid 9] msgrcv(3, , 8192, 0, 0 <unfinished ...>", _formatter.Line(Blocked(9)));
        Assert.Equal("12:03:04.123777 [pid 9] <... msgrcv resumed> {mtype=1, mtext=\"hello\"}) = 5 <0.000321>",
            _formatter.Line(Woken(9)));
        Assert.Equal("12:03:04.123456 [pid 9] msgrcv(3, {mtype=1, mtext=\"hello\"}, 8192, 0, 0) = 5 <0.000321>",
            _formatter.Line(Woken(9)));
    }

    [Fact]
    public void The_example_of_the_readme_is_what_the_tool_prints()
    {
        // ipc msg receive has room for any message. ipc msg send runs while it waits.
        var receive = new Call { Msgrcv = new MsgRcv { Size = Bounds.MessageBytes } };
        var hello = ByteString.CopyFromUtf8("hello");
        var parked = Parked(Queue(0), receive, 16);
        parked.Parked.StartUs = At(50, 57, 948_819);
        var sent = Done(
            Queue(0), new Call { Msgsnd = new MsgSnd { Type = 1, Text = hello } }, new Result(), 5, 0, 17);
        (sent.Completed.StartUs, sent.TimeUs) = (At(51, 1, 447_099), At(51, 1, 451_561));
        var woken = Done(
            Queue(0), receive, new Result { Message = new Message { Type = 1, Text = hello } }, 0, 5, 16);
        (woken.Completed.StartUs, woken.TimeUs) = (At(50, 57, 948_819), At(51, 1, 451_561));
        var lines = new[] { parked, sent, woken }.Select(_formatter.Line);
        Assert.Contains(
            $"\n```\n{string.Join('\n', lines)}\n```\n", File.ReadAllText(Readme), StringComparison.Ordinal);
    }

    [Fact]
    public void A_call_that_fails_while_it_blocks_is_resumed_with_its_error()
    {
        var operate = new Call { Semop = new SemOp { Ops = { new SemBuf { Op = -1 } } } };
        Assert.Equal("12:03:04.123456 [pid 9] semop(0, [{sem_num=0, sem_op=-1, sem_flg=0}], 1 <unfinished ...>",
            _formatter.Line(Parked(Set(0), operate, 9, 1)));
        Assert.Equal("12:03:04.123777 [pid 9] <... semop resumed>) = -1 EINTR (Interrupted system call) <0.000321>",
            _formatter.Line(Done(Set(0), operate, new Result { Errno = (int)Errno.EINTR }, 1, 0, 9)));
    }

    [Fact]
    public void Events_that_were_shown_before_are_not_repeated()
    {
        Assert.NotNull(_formatter.Line(Blocked(9)));
        Assert.Null(_formatter.Line(Blocked(9)));
        var again = Woken(9);
        again.Completed.Again = true;
        Assert.Contains("resumed", _formatter.Line(again), StringComparison.Ordinal);
        Assert.Null(_formatter.Line(again));
    }

    [Fact]
    public void A_call_that_was_blocked_before_the_trace_has_no_duration()
    {
        var woken = Woken(9);
        woken.Completed.StartUs = 0;
        Assert.Equal(
            "12:03:04.123777 [pid 9] msgrcv(3, {mtype=1, mtext=\"hello\"}, 8192, 0, 0) = 5", _formatter.Line(woken));
    }

    [Fact]
    public void Exits_and_gaps()
    {
        var process = new Target { Kind = Kind.Process, Id = 9 };
        Assert.Equal("12:03:04.123456 [pid 9] +++ exited +++",
            _formatter.Line(new TraceEvent { TimeUs = Noon, Pid = 9, Target = process, Exited = new TracedExit() }));
        var expired = new TracedExit { Expired = true };
        Assert.Equal("12:03:04.123456 [pid 9] +++ exited: its lease ran out +++",
            _formatter.Line(new TraceEvent { TimeUs = Noon, Pid = 9, Target = process, Exited = expired }));
        Assert.Equal("12:03:04.123456 --- 12 lines dropped: the trace was read too slowly ---",
            _formatter.Line(new TraceEvent { TimeUs = Noon, Dropped = 12 }));
        Assert.Equal("12:03:04.123456 --- node akka://ipc@a:1 is lost: lines may be missing ---",
            _formatter.Line(new TraceEvent { TimeUs = Noon, NodeLost = "akka://ipc@a:1" }));
    }

    [Fact]
    public void Json_has_the_same_events()
    {
        const string call = "\"name\":\"msgrcv\",\"arguments\":\"3, , 8192, 0, 0\"";
        Assert.Equal(
            $$"""{"time":"2026-01-02T12:03:04.123461Z","pid":9,"event":"unfinished",{{call}}}""",
            _formatter.Json(Blocked(9))!.ToJsonString());
        var failed = Done(Queue(3), Woken(9).Completed.Call, new Result { Errno = (int)Errno.EIDRM }, 0, 0, 9);
        Assert.Equal(
            $$"""{"time":"2026-01-02T12:03:04.123777Z","pid":9,"event":"resumed",{{call}},"""
            + "\"result\":\"-1\",\"errno\":\"EIDRM\",\"seconds\":0.000321}",
            _formatter.Json(failed)!.ToJsonString());
        Assert.Equal("""{"time":"2026-01-02T12:03:04.123456Z","event":"dropped","lines":2}""",
            _formatter.Json(new TraceEvent { TimeUs = Noon, Dropped = 2 })!.ToJsonString());
    }

    private static TraceEvent Blocked(int pid) =>
        Parked(Queue(3), new Call { Msgrcv = new MsgRcv { Size = 8_192 } }, pid);

    private static TraceEvent Woken(int pid)
    {
        var message = new Message { Type = 1, Text = ByteString.CopyFromUtf8("hello") };
        var receive = new Call { Msgrcv = new MsgRcv { Size = 8_192 } };
        return Done(Queue(3), receive, new Result { Message = message }, 0, 5, pid);
    }

    private static string Readme => typeof(TraceFormatterTests).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "Readme").Value!;

    // A time of the evening in the example.
    private static long At(int minute, int second, int us) =>
        new DateTimeOffset(2026, 11, 24, 22, minute, second, TimeSpan.Zero).ToUnixTimeSeconds() * 1_000_000 + us;
}
