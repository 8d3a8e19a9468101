using Cluster.Client.Engine;
using Cluster.Protocol;

namespace Cluster.Client.Tests.Engine;

/// <summary>A lock that goes from caller to caller of the process, in the order that the set gave them.</summary>
public sealed class LockTests
{
    private static readonly Target Set = new() { Kind = Kind.SemaphoreSet, Id = 9 };

    [Fact]
    public void A_waiting_caller_completes_when_the_holder_before_it_passes_the_lock_on()
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
    public void A_caller_that_got_the_lock_before_its_result_completes_with_the_result()
    {
        var (bench, stream, calls) = Row(2);
        bench.Receive(stream, Answers((1, 0, 2)));
        Assert.True(bench.Start(Release(calls[0])).IsCompleted);
        Assert.False(calls[1].IsCompleted);
        bench.Receive(stream, Answers((2, 1, 0)));
        Assert.True(calls[1].IsCompleted);
    }

    [Fact]
    public void A_result_that_overtakes_the_result_before_it_waits()
    {
        var (bench, stream, calls) = Row(2);
        bench.Receive(stream, Answers((2, 1, 0)));
        Assert.Empty(bench.Completed);
        bench.Receive(stream, Answers((1, 0, 2)));
        bench.Start(Release(calls[0]));
        Assert.True(calls[1].IsCompleted);
    }

    [Fact]
    public void A_cancelled_caller_is_skipped()
    {
        var (bench, stream, calls) = Row(3);
        bench.Receive(stream, Answers((1, 0, 2), (2, 1, 3), (3, 2, 0)));
        bench.Cancel(calls[1]);
        Assert.Equal((int)Errno.EINTR, calls[1].Result!.Errno);
        bench.Start(Release(calls[0]));
        Assert.Equal(0, calls[2].Result!.Errno);
    }

    [Fact]
    public void A_caller_that_cancelled_before_its_result_is_skipped_and_the_set_gets_the_lock()
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
    public void A_process_with_a_doubtful_lease_passes_no_lock_on()
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
    public void Waiting_callers_fail_with_their_expired_process()
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
    public void A_new_process_does_not_pass_on_a_lock_of_the_lost_one()
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
    public void A_failed_result_of_a_removed_set_moves_the_next_caller_up(bool isPassedOnFirst)
    {
        var (bench, stream, calls) = Row(3);
        bench.Receive(stream, Answers((1, 0, 2), (3, 2, 0)));
        if (isPassedOnFirst) bench.Start(Release(calls[0]));
        bench.Receive(stream, Calls.Results(Set, "", Calls.Failed(2, Errno.EIDRM)));
        if (!isPassedOnFirst) bench.Start(Release(calls[0]));
        Assert.Equal(0, calls[2].Result!.Errno);
    }

    [Fact]
    public void Close_ends_the_waiting_callers()
    {
        var (bench, stream, calls) = Row(2);
        bench.Receive(stream, Answers((1, 0, 2), (2, 1, 0)));
        bench.Close();
        Assert.Equal((int)Errno.EINTR, calls[1].Result!.Errno);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    public void A_caller_fails_when_a_removed_set_fails_all_callers_before_it(int first, int second)
    {
        var (bench, stream, calls) = Row(3);
        bench.Receive(stream, Answers((3, 2, 0)));
        bench.Receive(stream, Calls.Results(Set, "", Calls.Failed((ulong)first, Errno.EIDRM)));
        bench.Receive(stream, Calls.Results(Set, "", Calls.Failed((ulong)second, Errno.EIDRM)));
        Assert.Equal((int)Errno.EIDRM, calls[2].Result!.Errno);
    }

    [Fact]
    public void A_result_after_a_failed_caller_does_not_wait()
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
    public void Callers_behind_a_failed_caller_fail_with_it()
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
