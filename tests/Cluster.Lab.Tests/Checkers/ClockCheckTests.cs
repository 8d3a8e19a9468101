using Cluster.Lab.Checkers;
using Cluster.Lab.Experiments.Nodes;
using Cluster.Lab.Experiments.Scenarios;
using Cluster.Lab.Histories;
using Cluster.Protocol;

namespace Cluster.Lab.Tests.Checkers;

/// <summary>
/// The checkers of the experiments with clocks and links, each with histories that keep the promise and that break it.
/// Times are in ms.
/// </summary>
public sealed class ClockCheckTests
{
    private static readonly Operation Timed = new()
    {
        Client = 1, Object = "timed:0", Call = CallKind.Receive, TimeoutNs = Ns(4_000), Outcome = Outcome.Refused,
        Errno = Errno.ETIMEDOUT,
    };

    [Theory]
    [InlineData(4_000, Ruling.Holds)]
    [InlineData(4_900, Ruling.Holds)]
    [InlineData(5_100, Ruling.Violated)]
    [InlineData(3_100, Ruling.Holds)]
    [InlineData(2_900, Ruling.Violated)]
    public void A_time_out_comes_at_its_time(double after, Ruling ruling) =>
        Is(ruling, new TimeoutsInTime([], 0), new Script().Add(Timed, 0, after));

    [Theory]
    [InlineData(7_900, Ruling.Holds)]
    [InlineData(8_100, Ruling.Violated)]
    public void A_time_out_may_be_late_by_a_failover(double after, Ruling ruling) =>
        Is(ruling, new TimeoutsInTime([Span(2_000, 5_000)], 0), new Script().Add(Timed, 0, after));

    [Fact]
    public void A_failover_at_another_time_excuses_no_late_time_out() =>
        Is(Ruling.Violated, new TimeoutsInTime([Span(9_000, 12_000)], 0), new Script().Add(Timed, 0, 6_000));

    [Theory]
    [InlineData(5_900, Ruling.Holds)]
    [InlineData(7_100, Ruling.Violated)]
    public void A_busy_cluster_answers_a_time_out_as_late_as_every_other_call(double after, Ruling ruling)
    {
        var script = () => new Script().Add(Timed, 0, after);
        Is(ruling, new TimeoutsInTime([], 0), script().Send(2, 3_500, 5_500, "a"));
        Is(Ruling.Violated, new TimeoutsInTime([], 0), script().Send(2, 1_000, 3_000, "a"));
    }

    [Fact]
    public void A_call_from_before_the_first_step_does_not_count()
    {
        Is(Ruling.Holds, new TimeoutsInTime([], Ns(1)), new Script().Add(Timed, 0, 9_000).Add(Timed, 2, 4_100));
        Is(Ruling.Holds, new NoClientHangs([], Ns(1), 0), new Script().Send(1, 0, 20_000, "a"));
    }

    [Fact]
    public void A_time_out_that_never_comes_is_found()
    {
        var open = new History([Timed with { Outcome = Outcome.Pending, Errno = default }]);
        Assert.Equal(Ruling.Violated, new TimeoutsInTime([], 0).Check(open).Ruling);
    }

    [Fact]
    public void A_history_without_time_outs_shows_nothing() =>
        Is(Ruling.Undecided, new TimeoutsInTime([], 0), new Script().Send(1, 0, 1, "a"));

    [Theory]
    [InlineData(9_900, Ruling.Holds)]
    [InlineData(10_100, Ruling.Violated)]
    public void An_immediate_call_waits_no_longer_than_ten_seconds(double until, Ruling ruling)
    {
        Is(ruling, new NoClientHangs([], 0, 0), new Script().Send(1, 0, until, "a"));
        Is(Ruling.Holds, new NoClientHangs([Span(1_000, 3_000)], 0, 0), new Script().Send(1, 0, until, "a"));
        // A blocked receiver waits for a sender.
        Is(Ruling.Holds, new NoClientHangs([], 0, 0), new Script().Receive(1, 0, until, "a"));
    }

    [Fact]
    public void A_call_without_an_answer_hangs_until_the_end_of_the_run()
    {
        var open = new History([new Operation { Object = "queue:0", Call = CallKind.Send, Text = "a" }]);
        Assert.Equal(Ruling.Holds, new NoClientHangs([], 0, Ns(9_000)).Check(open).Ruling);
        Assert.Equal(Ruling.Violated, new NoClientHangs([], 0, Ns(11_000)).Check(open).Ruling);
    }

    [Fact]
    public void A_client_that_loses_its_process_was_taken_for_dead()
    {
        Is(Ruling.Holds, new LivingProcesses(), new Script().Send(1, 0, 1, "a"));
        var lost = new Operation { Object = "queue:0", Call = CallKind.Send, Text = "b", Outcome = Outcome.Unknown };
        Is(Ruling.Violated, new LivingProcesses(), new Script().Send(1, 0, 1, "a").Add(lost, 2, 3));
    }

    [Theory]
    [InlineData(6_000d, Ruling.Holds)]
    [InlineData(2_400d, Ruling.Holds)] // the last frame was up to a third of the lease older
    [InlineData(2_300d, Ruling.Violated)]
    [InlineData(6_900d, Ruling.Holds)]
    [InlineData(7_100d, Ruling.Violated)]
    [InlineData(null, Ruling.Violated)]
    public void A_lock_becomes_free_when_the_lease_of_its_silent_holder_ends(double? takenAfter, Ruling ruling)
    {
        var end = new LeaseEnd(Ns(5_000), Ns(1_000), takenAfter is { } ms ? Ns(1_000 + ms) : null);
        Assert.Equal(ruling, LeasesInTime.Check([end], []).Ruling);
    }

    [Fact]
    public void A_lease_may_end_late_by_a_failover()
    {
        var end = new LeaseEnd(Ns(5_000), 0, Ns(10_000));
        Assert.Equal(Ruling.Violated, LeasesInTime.Check([end], []).Ruling);
        Assert.Equal(Ruling.Holds, LeasesInTime.Check([end], [Span(1_000, 4_500)]).Ruling);
        Assert.Equal(Ruling.Undecided, LeasesInTime.Check([], []).Ruling);
    }

    [Fact]
    public void An_object_without_an_answer_during_the_fault_is_found()
    {
        var checker = new ServedMeanwhile(Span(10, 20));
        Is(Ruling.Holds, checker, new Script().Send(1, 11, 12, "a"));
        Is(Ruling.Holds, checker, new Script().Send(1, 2, 12, "a"));
        Is(Ruling.Violated, checker, new Script().Send(1, 11, 30, "a"));
        Is(Ruling.Violated, checker, new Script().Send(1, 11, null, "a"));
        Is(Ruling.Violated, checker,
            new Script().Send(1, 11, 12, "a").Word(1, 11, 25, CallKind.FetchAdd, 1, 0));
    }

    [SkippableFact]
    public void A_clock_that_steps_and_drifts_is_written_for_its_node_alone()
    {
        Skip.If(FakeClocks.Find() is null, "the package faketime is not installed");
        var folder = Directory.CreateTempSubdirectory("ipc-clock-test-").FullName;
        try
        {
            using var clocks = new FakeClocks(folder, 2);
            clocks.Step(0, TimeSpan.FromHours(-1));
            clocks.Step(0, TimeSpan.FromMinutes(10));
            Assert.Equal(-3_000, Reading(0));
            clocks.Drift(0, 1_000);
            SpinWait.SpinUntil(() => Reading(0) > -2_900, TimeSpan.FromSeconds(30));
            Assert.InRange(Reading(0), -2_900, 100_000);
            Assert.Equal(0, Reading(1));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        double Reading(int node) => double.Parse(
            File.ReadAllText(Path.Combine(folder, $"clock-{node}")), System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task A_silent_client_has_no_timers()
    {
        var time = new SilentTime();
        var fired = new TaskCompletionSource();
        await using var before = time.CreateTimer(_ => fired.TrySetResult(), null, TimeSpan.Zero, TimeSpan.Zero);
        await fired.Task;
        time.BeSilent();
        var late = new TaskCompletionSource();
        await using var after = time.CreateTimer(_ => late.TrySetResult(), null, TimeSpan.Zero, TimeSpan.Zero);
        var real = new TaskCompletionSource();
        await using var other = TimeProvider.System.CreateTimer(
            _ => real.TrySetResult(), null, TimeSpan.FromMilliseconds(50), Timeout.InfiniteTimeSpan);
        await real.Task;
        Assert.False(late.Task.IsCompleted);
    }

    private static void Is(Ruling ruling, IChecker checker, Script script)
    {
        var verdict = checker.Check(script.History);
        Assert.True(verdict.Ruling == ruling, verdict.ToString());
    }

    private static TimeSpanNs Span(double from, double to) => new(Ns(from), Ns(to));

    private static long Ns(double ms) => (long)(ms * 1e6);
}
