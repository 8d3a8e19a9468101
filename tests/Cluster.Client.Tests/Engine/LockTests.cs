using Cluster.Client.Engine;
using Cluster.Protocol;

namespace Cluster.Client.Tests.Engine;

/// <summary>A lock that goes from caller to caller of the process, in the order that the set gave them.</summary>
public sealed class LockTests
{
    private static readonly Target Set = new() { Kind = Kind.SemaphoreSet, Id = 9 };

    [Fact]
    public void A_caller_completes_when_the_one_before_has_passed_on()
    {
        var (bench, stream, calls) = Row(3);
        bench.Receive(stream, Answers((1, 0, 2), (2, 1, 3), (3, 2, 0)));
        Assert.Equal([calls[0]], bench.Completed);

        Assert.True(bench.Start(Release(calls[0])).Result!.Errno == 0);
        Assert.Equal(calls[1], bench.Completed[1]);
        bench.Start(Release(calls[1]));
        Assert.Equal(calls[2], bench.Completed[3]);
        Assert.Equal([101UL, 102UL, 103UL], calls.Select(call => call.Result!.Revision));
        Assert.DoesNotContain(bench.Frames(stream), frame => frame.Seqs().Any());

        bench.Start(Release(calls[2]));
        Assert.Equal([4UL], bench.Frame(stream).Seqs());
    }

    [Fact]
    public void What_is_passed_on_before_its_answer_has_come_is_had_with_the_answer()
    {
        var (bench, stream, calls) = Row(2);
        bench.Receive(stream, Answers((1, 0, 2)));
        Assert.True(bench.Start(Release(calls[0])).IsCompleted);
        Assert.False(calls[1].IsCompleted);
        bench.Receive(stream, Answers((2, 1, 0)));
        Assert.True(calls[1].IsCompleted);
    }

    [Fact]
    public void An_answer_that_comes_before_that_of_the_one_before_waits_too()
    {
        var (bench, stream, calls) = Row(2);
        bench.Receive(stream, Answers((2, 1, 0)));
        Assert.Empty(bench.Completed);
        bench.Receive(stream, Answers((1, 0, 2)));
        bench.Start(Release(calls[0]));
        Assert.True(calls[1].IsCompleted);
    }

    [Fact]
    public void Who_does_not_want_it_any_more_is_left_out()
    {
        var (bench, stream, calls) = Row(3);
        bench.Receive(stream, Answers((1, 0, 2), (2, 1, 3), (3, 2, 0)));
        bench.Cancel(calls[1]);
        Assert.Equal((int)Errno.EINTR, calls[1].Result!.Errno);
        bench.Start(Release(calls[0]));
        Assert.Equal(0, calls[2].Result!.Errno);
    }

    [Fact]
    public void Who_gave_up_before_the_answer_came_is_left_out_and_then_the_set_gets_it()
    {
        var (bench, stream, calls) = Row(2);
        bench.Cancel(calls[1]);
        Assert.Equal([2UL], bench.Frame(stream).Calls[0].Cancels);
        bench.Receive(stream, Answers((1, 0, 2), (2, 1, 0)));
        Assert.Equal((int)Errno.EINTR, calls[1].Result!.Errno);
        bench.Start(Release(calls[0]));
        Assert.Equal([3UL], bench.Frame(stream).Seqs());
    }

    [Fact]
    public void Nothing_is_passed_on_by_a_process_that_may_have_been_taken_for_dead()
    {
        var (bench, stream, calls) = Row(2);
        bench.Receive(stream, Answers((1, 0, 2), (2, 1, 0)));
        bench.Stop(30_000);
        bench.Start(Release(calls[0]));
        Assert.False(calls[1].IsCompleted);
        bench.Receive(stream, new ServerFrame { RenewedMs = bench.Frames(stream)[^1].SentMs });
        Assert.Equal(0, calls[1].Result!.Errno);
    }

    [Fact]
    public void If_it_was_those_who_wait_fail_with_it()
    {
        var (bench, stream, calls) = Row(3);
        bench.Receive(stream, Answers((1, 0, 2), (2, 1, 3), (3, 2, 0)));
        bench.Stop(30_000);
        bench.Start(Release(calls[0]));
        bench.Receive(stream, Calls.Farewell(Errno.ESRCH));
        Assert.Equal(Errno.ESRCH, calls[1].Failure!.Errno);
        Assert.Equal(Errno.ESRCH, calls[2].Failure!.Errno);
    }

    [Fact]
    public void What_one_process_took_the_next_one_does_not_give_back()
    {
        var bench = EngineBench.Connected(out var stream, new EngineSettings { NewProcessWhenLost = true });
        var call = bench.Start(Lock());
        bench.Frames(stream);
        bench.Receive(stream, Answers((1, 0, 0)));
        bench.Receive(stream, Calls.Farewell(Errno.ESRCH));
        bench.Pass(2_000);
        var next = bench.Greet("n1", pid: 8);
        Assert.Equal(Errno.ESRCH, bench.Start(Release(call)).Failure!.Errno);
        Assert.DoesNotContain(bench.Frames(next), frame => frame.Seqs().Any());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void If_the_set_goes_and_takes_an_answer_with_it_those_behind_move_up(bool isPassedOnFirst)
    {
        var (bench, stream, calls) = Row(3);
        bench.Receive(stream, Answers((1, 0, 2), (3, 2, 0)));
        if (isPassedOnFirst) bench.Start(Release(calls[0]));
        bench.Receive(stream, Calls.Results(Set, "", Calls.Failed(2, Errno.EIDRM)));
        if (!isPassedOnFirst) bench.Start(Release(calls[0]));
        Assert.Equal(0, calls[2].Result!.Errno);
    }

    [Fact]
    public void Closing_ends_those_who_wait()
    {
        var (bench, stream, calls) = Row(2);
        bench.Receive(stream, Answers((1, 0, 2), (2, 1, 0)));
        bench.Close();
        Assert.Equal((int)Errno.EINTR, calls[1].Result!.Errno);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    public void If_the_set_goes_and_takes_all_answers_before_it_with_it_a_caller_fails_too(int first, int second)
    {
        var (bench, stream, calls) = Row(3);
        bench.Receive(stream, Answers((3, 2, 0)));
        bench.Receive(stream, Calls.Results(Set, "", Calls.Failed((ulong)first, Errno.EIDRM)));
        bench.Receive(stream, Calls.Results(Set, "", Calls.Failed((ulong)second, Errno.EIDRM)));
        Assert.Equal((int)Errno.EIDRM, calls[2].Result!.Errno);
    }

    [Fact]
    public void An_answer_that_comes_after_the_one_before_has_failed_does_not_wait()
    {
        var (bench, stream, calls) = Row(3);
        bench.Receive(stream, Answers((1, 0, 2)));
        bench.Receive(stream, Calls.Results(Set, "", Calls.Failed(2, Errno.EIDRM)));
        bench.Receive(stream, Answers((3, 2, 0)));
        Assert.Equal((int)Errno.EIDRM, calls[2].Result!.Errno);
        bench.Start(Release(calls[0]));
        Assert.Equal([4UL], bench.Frame(stream).Seqs());
    }

    [Fact]
    public void Those_behind_one_whom_nobody_passes_it_to_fail_with_it()
    {
        var (bench, stream, calls) = Row(5);
        bench.Receive(stream, Answers((4, 3, 5), (3, 2, 4)));
        bench.Receive(stream, Calls.Results(Set, "", Calls.Failed(1, Errno.EIDRM), Calls.Failed(2, Errno.EIDRM)));
        bench.Receive(stream, Answers((5, 4, 0)));
        Assert.All(calls, call => Assert.Equal((int)Errno.EIDRM, call.Result!.Errno));
    }

    private static (EngineBench Bench, EngineStream Stream, EngineCall[] Calls) Row(int count)
    {
        var bench = EngineBench.Connected(out var stream);
        var calls = Enumerable.Range(0, count).Select(_ => bench.Start(Lock())).ToArray();
        bench.Frames(stream);
        return (bench, stream, calls);
    }

    private static EngineCall Lock() => Prepared(new SemOp { Passes = true });

    private static EngineCall Release(EngineCall holder)
    {
        var release = Prepared(new SemOp());
        (release.OfPid, release.PassesTo) = (holder.CompletedPid, holder.Result!.Next);
        return release;
    }

    private static EngineCall Prepared(SemOp semop)
    {
        var call = new EngineCall();
        call.Prepare(Set, new Call { Semop = semop });
        return call;
    }

    private static ServerFrame Answers(params (ulong Seq, ulong After, ulong Next)[] answers) => Calls.Results(
        Set, "", [.. answers.Select(each => new Result
        {
            Seq = each.Seq, Revision = 100 + each.Seq, After = each.After, Next = each.Next,
        })]);
}
