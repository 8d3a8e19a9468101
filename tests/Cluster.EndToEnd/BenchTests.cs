using System.Text.Json;
using Cluster.EndToEnd.Processes;

namespace Cluster.EndToEnd;

/// <summary>
/// The part of the load generator that only real waits can test: each worker counts its turns.
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
        // The first worker took a free lock, so one hand-over may be missing.
        Assert.InRange(report.GetProperty("calls").GetInt32(), 199, 200);
        Assert.Equal(0, report.GetProperty("errors").GetInt32());
        if (call == "wake") return;
        Assert.InRange(report.GetProperty("least_share").GetDouble(), 0, 1);
        Assert.InRange(report.GetProperty("greatest_share").GetDouble(), 1, 4);
    }
}
