using Cluster.Agent;
using Cluster.Agent.Native;
using Cluster.Agent.Processes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cluster.Exec.Tests;

/// <summary>What the agent has to do when a process ends.</summary>
[Collection(ExecCollection.Name)]
public sealed class EndingTests(ExecFixture exec)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [SkippableFact]
    public async Task A_process_that_lives_long_leaves_nothing_of_what_it_has_ended_itself()
    {
        var program = await Tools.CompileAsync("ended", exec.Scratch("programs"));
        var directory = exec.Scratch("ended-agent");
        await using var agent = AgentHost.Start(
            directory, Timeout.InfiniteTimeSpan, NullLoggerFactory.Instance, TimeProvider.System)!;
        using var process = exec.Begin(directory, program);
        Assert.Equal("ended ok", await process.StandardOutput.ReadLineAsync().WaitAsync(Patience));
        Assert.Equal(0, agent.AtEndCount);
        process.StandardInput.Close();
        await process.WaitForExitAsync().WaitAsync(Patience);
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public void What_ends_with_a_process_is_run_once_and_not_if_it_has_ended_before()
    {
        using var descriptor = new Descriptor(-1);
        var process = new LinuxProcess(1, descriptor, _ => { });
        List<string> run = [];
        process.AtEnd("kept", () => Run("kept"));
        process.AtEnd("ended", () => Run("ended"));
        process.NotAtEnd("ended");
        process.OnReadable();
        process.AtEnd("late", () => Run("late"));
        Assert.Equal(["kept", "late"], run);
        Assert.Equal(0, process.AtEndCount);

        Task Run(string what)
        {
            run.Add(what);
            return Task.CompletedTask;
        }
    }
}
