using Cluster.Lab.Experiments.Measures;
using Cluster.Lab.Histories;

namespace Cluster.Lab.Tests.Experiments;

/// <summary>The arithmetic of availability gaps, on histories made by hand; times in ms.</summary>
public sealed class GapsTests
{
    private const long Ms = 1_000_000;

    [Fact]
    public void The_gap_is_from_the_first_call_that_waited_to_the_next_answer()
    {
        var gap = Only(100, 1_000, Send(10, 20), Send(150, 650), Send(200, 651));
        Assert.Equal((150 * Ms, 650 * Ms), (gap.From, gap.To));
        Assert.Equal(500, gap.Ms);
    }

    [Fact]
    public void A_gap_before_the_fault_does_not_count() =>
        Assert.Equal(5, Only(1_000, 2_000, Send(0, 900), Send(1_100, 1_105)).Ms);

    [Fact]
    public void A_gap_into_which_the_fault_falls_counts_as_a_whole() =>
        Assert.Equal(300, Only(1_000, 2_000, Send(900, 1_200)).Ms);

    [Fact]
    public void Time_without_calls_is_no_gap() =>
        Assert.Equal(10, Only(0, 5_000, Send(0, 10), Send(4_000, 4_010)).Ms);

    [Fact]
    public void The_wait_of_a_blocked_receive_is_no_gap_and_its_answer_ends_one()
    {
        Assert.Equal(1, Only(0, 5_000, Receive(0, 4_000), Send(4_500, 4_501)).Ms);
        Assert.Equal(300, Only(0, 5_000, Send(100, 600), Receive(0, 400)).Ms);
    }

    [Fact]
    public void An_unknown_outcome_is_no_answer()
    {
        var unknown = Send(100, 500) with { Outcome = Outcome.Unknown };
        Assert.Equal(800, Only(0, 5_000, unknown, Send(700, 900)).Ms);
    }

    [Fact]
    public void A_call_without_an_answer_waits_until_the_end()
    {
        var pending = Send(1_000, 0) with { Outcome = Outcome.Pending, ReturnedAt = null };
        Assert.Equal(4_000, Only(500, 5_000, pending).Ms);
        var unknown = Send(1_000, 2_000) with { Outcome = Outcome.Unknown };
        Assert.Equal(4_000, Only(500, 5_000, unknown).Ms);
    }

    [Fact]
    public void Each_object_has_its_gap_and_the_longest_is_last()
    {
        var history = new History(
            [Send(0, 30), Send(0, 10) with { Object = "queue:1" }, Send(0, 20) with { Object = "queue:2" }]);
        var gaps = Gaps.Of(history, 0, 100 * Ms);
        Assert.Equal(["queue:1", "queue:2", "queue:0"], gaps.Select(gap => gap.Object));
        var summary = GapSummary.Of(gaps);
        Assert.Equal(new GapSummary(3, 10, 20, 30, 30), summary);
    }

    [Fact]
    public void A_gap_counts_if_it_began_before_the_bound()
    {
        var history = new History([Send(0, 30), Send(40, 90), Send(100, 200)]);
        Assert.Equal(50, Assert.Single(Gaps.Of(history, 0, 300 * Ms, begunBy: 60 * Ms)).Ms);
        Assert.Equal(100, Assert.Single(Gaps.Of(history, 0, 300 * Ms)).Ms);
    }

    [Fact]
    public void Percentiles_are_by_nearest_rank()
    {
        var summary = GapSummary.Of(Enumerable.Range(1, 200).Select(i => new Gap($"queue:{i}", 0, i * Ms)));
        Assert.Equal(new GapSummary(200, 1, 100, 198, 200), summary);
        Assert.Equal(new GapSummary(0, 0, 0, 0, 0), GapSummary.Of([]));
    }

    [Fact]
    public void Seconds_without_an_answer_are_plotted_too()
    {
        var plot = PlotSecond.Of(new History([Send(100, 200), Send(300, 2_500)]), 0, 3_000 * Ms);
        Assert.Equal([1, 0, 1], plot.Select(second => second.Calls));
        Assert.Equal(2_200, plot[2].MaxMs);
    }

    [Fact]
    public void Lost_and_duplicated_messages_are_counted()
    {
        var history = new History(
        [
            Send(0, 1) with { Text = "a" }, Send(2, 3) with { Text = "b" },
            Receive(4, 5) with { Text = "a" }, Receive(6, 7) with { Text = "a", Client = 2 },
        ]);
        Assert.Equal(new Tally(4, 4, 0, 1, 1), Tally.Of(history));
    }

    private static Gap Only(long from, long to, params Operation[] calls) =>
        Assert.Single(Gaps.Of(new History(calls), from * Ms, to * Ms));

    private static Operation Send(long from, long to) => new()
    {
        Client = 1, Object = "queue:0", Call = CallKind.Send, Type = 1, Text = $"{from}", InvokedAt = from * Ms,
        ReturnedAt = to * Ms, Outcome = Outcome.Ok, Completions = 1,
    };

    private static Operation Receive(long from, long to) => Send(from, to) with { Call = CallKind.Receive, Type = 0 };
}
