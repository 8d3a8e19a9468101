using CsCheck;
using Cluster.Lab.Checkers;
using Cluster.Lab.Checkers.Search;
using Cluster.Lab.Histories;

namespace Cluster.Lab.Tests.Checkers;

/// <summary>Correct histories are accepted; changed ones are rejected; the two algorithms
/// agree.</summary>
public sealed class RandomHistoryTests
{
    private static readonly Linearizability Checker = new();

    private static readonly Func<int, History>[] Kinds =
    [
        seed => new Simulation(seed, 1 + (seed & 7), 300).Queue(0),
        seed => new Simulation(seed, 1 + (seed & 7), 300).Queue(1),
        seed => new Simulation(seed, 1 + (seed & 1), 100).Queue(-2, -3),
        seed => new Simulation(seed, 1 + (seed & 1), 60).Queue(0, 1, -2),
        seed => new Simulation(seed, 1 + (seed & 7), 300, 0.03).Queue(0),
        seed => new Simulation(seed, 1 + (seed & 7), 300, 0.03).Queue(1),
        seed => new Simulation(seed, 1 + (seed & 7), 300).Word(isWide: true),
        seed => new Simulation(seed, 1 + (seed & 3), 100).Word(isWide: false),
        seed => new Simulation(seed, 1 + (seed & 7), 300, 0.02).Word(isWide: true),
        seed => new Simulation(seed, 1 + (seed & 7), 300).Set(2, hasRevisions: true),
        seed => new Simulation(seed, 1 + (seed & 3), 150).Set(2, hasRevisions: false),
    ];

    [Fact]
    public void The_history_of_a_sequential_object_is_accepted() => Gen.Int.Sample(
        seed =>
        {
            foreach (var kind in Kinds)
            {
                var verdict = Checker.Check(kind(seed));
                Assert.True(verdict.Holds, verdict.ToString());
            }
        },
        iter: 60, threads: 1);

    [Fact]
    public void The_other_checkers_accept_the_history_too() => Gen.Int.Sample(
        seed =>
        {
            var queue = new Simulation(seed, 1 + (seed & 7), 300, 0.03).Queue(0);
            var set = new Simulation(seed, 1 + (seed & 7), 300).Set(2, hasRevisions: true);
            foreach (var verdict in CheckerSuite.Check(queue).Concat(CheckerSuite.Check(set)))
                Assert.True(verdict.Ruling != Ruling.Violated, verdict.ToString());
        },
        iter: 60, threads: 1);

    // Without concurrency each change is visible, so the expected verdict is certain.
    [Fact]
    public void A_changed_result_is_rejected() => Gen.Select(Gen.Int, Gen.Int[0, 1_000_000]).Sample(
        (seed, place) =>
        {
            var queue = new Simulation(seed, 1, 200).Queue(0);
            var word = new Simulation(seed, 1, 200).Word(isWide: true);
            var set = new Simulation(seed, 1, 200).Set(1, hasRevisions: true);
            foreach (var changed in new[]
            {
                Mutations.SwapTexts(queue, place), Mutations.DropReceive(queue, place),
                    Mutations.DropSend(queue, place),
                Mutations.Duplicate(queue, place), Mutations.OtherWord(word, place), Mutations.SwapWords(word, place),
                Mutations.DropSemop(set, place), Mutations.SwapRevisions(set, place),
            })
            {
                if (changed is null) continue;
                var verdict = Checker.Check(changed);
                Assert.True(verdict.Ruling == Ruling.Violated, verdict.ToString());
            }
        },
        iter: 60, threads: 1);

    // The polynomial check against the search, on small histories. Many of them are wrong.
    [Fact]
    public void Both_algorithms_for_queues_agree()
    {
        var (accepted, rejected) = (0, 0);
        Gen.Select(Gen.Int, Gen.Int[0, 1_000_000]).Sample(
            (seed, place) =>
            {
                var history = new Simulation(seed, 3, 14).Queue(0);
                history = (place % 4) switch
                {
                    0 => history,
                    1 => Mutations.SwapTexts(history, place) ?? history,
                    2 => Mutations.DropReceive(history, place) ?? history,
                    _ => Mutations.Shift(history, place),
                };
                history = new History(history.Operations.Select(call => call with { Revision = 0 }));
                var queue = QueueCalls.Of(history).FirstOrDefault();
                if (queue is null || queue.Impossible is not null) return;
                var (model, calls) = QueueModel.Of(queue);
                var searched = new OrderSearch<QueueState>(model, calls, 10_000_000).Find();
                var computed = FifoOrder.Find(queue.Messages, queue.Empties, null);
                Assert.Equal(searched is null, computed is null);
                if (searched is null) accepted++;
                else rejected++;
            },
            iter: 4_000, threads: 1);
        Assert.True(accepted > 200 && rejected > 200, $"{accepted} accepted, {rejected} rejected");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Tens_of_thousands_of_calls_are_within_the_budget(int kind)
    {
        const int Calls = 40_000;
        var history = kind switch
        {
            0 => new Simulation(1, 40, Calls).Queue(0),
            1 => new Simulation(1, 40, Calls, 0.001).Queue(1),
            2 => new Simulation(1, 40, Calls, 0.0005).Word(isWide: true),
            _ => new Simulation(1, 40, Calls).Set(5, hasRevisions: true),
        };
        var verdict = Checker.Check(history);
        Assert.True(verdict.Holds, verdict.ToString());
    }
}
