using System.Globalization;
using Xunit.Abstractions;

namespace Cluster.Core.Tests.Model.SemaphoreSets;

/// <summary>
/// The real set against the model, over a long random run. MODEL_SEED repeats a run, MODEL_OPERATIONS sets its length.
/// </summary>
public sealed class SetModelTests(ITestOutputHelper output)
{
    [Fact]
    public void The_object_behaves_as_its_model()
    {
        var seed = Setting("MODEL_SEED", Random.Shared.Next());
        var operations = Setting("MODEL_OPERATIONS", 100_000);
        output.WriteLine($"MODEL_SEED={seed} MODEL_OPERATIONS={operations}");
        var run = new SetRun(seed);
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
        string[] all = ["ok", "number", "values", "E2BIG", "EACCES", "EAGAIN", "EFBIG", "EIDRM", "EINTR", "EINVAL",
            "EPERM", "ERANGE"];
        if (operations >= 100_000) Assert.All(all, outcome => Assert.True(run.Seen.ContainsKey(outcome), outcome));
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value)
            ? value
            : otherwise;
}
