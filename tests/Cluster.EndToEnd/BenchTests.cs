using System.Text.Json;
using Cluster.EndToEnd.Processes;

namespace Cluster.EndToEnd;

/// <summary>
/// What the load generator measures only where calls really wait: it is the worker that counts its turns.
/// </summary>
public sealed class BenchTests
{
    [Theory]
    [InlineData("--contend 4", "hand-over")]
    [InlineData("--wake", "wake")]
    public async Task Semaphores_pass_between_waiters(string mode, string call)
    {
        await using var node = await NodeProcess.StartAsync();
        string[] arguments = ["bench", "sem", .. mode.Split(' '), "--messages", "200", "--json"];
        var run = await CliProcess.RunAsync(node.Address, arguments);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var report = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal(call, report.GetProperty("call").GetString());
        // Of the workers the first had nobody to take the lock from.
        Assert.InRange(report.GetProperty("calls").GetInt32(), 199, 200);
        Assert.Equal(0, report.GetProperty("errors").GetInt32());
        if (call == "wake") return;
        Assert.InRange(report.GetProperty("least_share").GetDouble(), 0, 1);
        Assert.InRange(report.GetProperty("greatest_share").GetDouble(), 1, 4);
    }
}
