using System.Globalization;
using Xunit.Abstractions;

namespace Cluster.Core.Tests.Model;

/// <summary>Runs an object against its model. MODEL_SEED repeats a run, MODEL_OPERATIONS sets its length.</summary>
internal static class ModelRun
{
    private const int Operations = 100_000;

    /// <summary>Makes a long run.</summary>
    /// <param name="start">Makes the run of a seed.</param>
    /// <param name="outcomes">The outcomes that a run of full length must see.</param>
    /// <param name="output">Gets the seed and the number of results of each outcome.</param>
    public static void Play(Func<int, ObjectRun> start, string[] outcomes, ITestOutputHelper output)
    {
        var seed = Setting("MODEL_SEED", Random.Shared.Next());
        var operations = Setting("MODEL_OPERATIONS", Operations);
        output.WriteLine($"MODEL_SEED={seed} MODEL_OPERATIONS={operations}");
        var run = start(seed);
        for (var done = 0; done < operations; done++)
        {
            try
            {
                run.Step();
                if (done % 64 == 0) run.Host.Entity.Check(fromStart: false);
            }
            catch (Exception cause)
            {
                throw new InvalidOperationException(
                    $"MODEL_SEED={seed}, operation {done}:\n{string.Join('\n', run.Last)}\n{cause.Message}", cause);
            }
        }

        foreach (var (outcome, count) in run.Seen.OrderBy(pair => pair.Key))
            output.WriteLine($"{count,8} {outcome}");
        if (operations >= Operations)
            Assert.All(outcomes, outcome => Assert.True(run.Seen.ContainsKey(outcome), outcome));
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value)
            ? value
            : otherwise;
}
