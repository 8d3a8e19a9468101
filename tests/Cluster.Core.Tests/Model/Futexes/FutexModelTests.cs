using System.Globalization;
using Cluster.Core.Machines;
using Xunit.Abstractions;

namespace Cluster.Core.Tests.Model.Futexes;

/// <summary>
/// Futexes and locks against the model, over a long random run. MODEL_SEED repeats a run, MODEL_OPERATIONS sets its length.
/// </summary>
public sealed class FutexModelTests(ITestOutputHelper output)
{
    private static readonly ExecutorOptions Small =
        new() { SnapshotAfterBytes = 300, SnapshotAfterTimes = 1, SnapshotPartBytes = 1_000 };

    private static readonly ExecutorOptions Never = new() { SnapshotAfterBytes = long.MaxValue };

    [Fact]
    public void The_extent_behaves_as_its_model()
    {
        var seed = Setting("MODEL_SEED", Random.Shared.Next());
        var operations = Setting("MODEL_OPERATIONS", 60_000);
        output.WriteLine($"MODEL_SEED={seed} MODEL_OPERATIONS={operations}");
        var run = new FutexRun(seed);
        Repeat(run, seed, operations, isWhole: false);
        foreach (var (outcome, count) in run.Seen.OrderBy(pair => pair.Key)) output.WriteLine($"{count,8} {outcome}");
        string[] all =
        [
            "ok", "count 0", "count 0 serial", "count 2", "locked", "locked died", "locked late", "was 1", "EAGAIN", "EDEADLK",
            "EINTR", "EINVAL", "ENOTRECOVERABLE", "EPERM", "ETIMEDOUT",
        ];
        if (operations >= 60_000) Assert.All(all, outcome => Assert.True(run.Seen.ContainsKey(outcome), outcome));
    }

    /// <summary>After every operation the state equals that of the journal: by rows, from the start, by a snapshot.</summary>
    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public void The_journal_is_the_state_after_each_operation(int seed, bool snapshots) =>
        Repeat(new FutexRun(seed, snapshots ? Small : Never), seed, snapshots ? 3_000 : 800, isWhole: true);

    private static void Repeat(FutexRun run, int seed, int operations, bool isWhole)
    {
        for (var done = 0; done < operations; done++)
        {
            try
            {
                run.Step(isWhole || done % 100 == 0, isWhole);
            }
            catch (Exception cause)
            {
                throw new InvalidOperationException(
                    $"MODEL_SEED={seed}, operation {done}:\n{string.Join('\n', run.Last)}\n{cause.Message}", cause);
            }
        }
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value)
            ? value
            : otherwise;
}
