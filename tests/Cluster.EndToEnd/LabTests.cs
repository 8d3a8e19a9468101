using System.Diagnostics;
using System.Text.Json;
using Cluster.EndToEnd.Processes;
using Xunit.Abstractions;

namespace Cluster.EndToEnd;

/// <summary>A short run of each experiment with a random seed: all checks hold.</summary>
public sealed class LabTests(ITestOutputHelper output) : IDisposable
{
    private const int Seconds = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly string _out = Directory.CreateTempSubdirectory("ipc-lab-test-").FullName;

    [Fact]
    public Task A_node_is_killed() => HoldsAsync("failover", "sqlite");

    [Fact]
    public Task A_node_is_stopped_and_continued() => HoldsAsync("pause", "sqlite");

    [Fact]
    public Task Nodes_are_upgraded_one_by_one() => HoldsAsync("rolling", "sqlite");

    [Fact]
    public Task The_file_of_the_journal_is_locked() => HoldsAsync("journal", "sqlite");

    [Fact]
    public Task All_nodes_are_killed() => HoldsAsync("persistence", "sqlite");

    [SkippableFact]
    public Task The_network_is_cut()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "network namespaces need root");
        return HoldsAsync("partition", "sqlite");
    }

    [SkippableFact]
    public Task Packets_are_lost_in_one_direction()
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "network namespaces need root");
        return HoldsAsync("asymmetric", "sqlite");
    }

    [SkippableFact]
    public Task The_wall_clocks_are_set()
    {
        Skip.IfNot(
            Directory.Exists("/usr/lib/x86_64-linux-gnu/faketime") || Directory.Exists("/usr/lib/faketime")
            || Directory.Exists("/usr/lib/aarch64-linux-gnu/faketime"),
            "the package faketime is not installed");
        return HoldsAsync("clock", "sqlite");
    }

    [SkippableTheory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public Task The_disk_of_the_journal_fails(string journal)
    {
        Skip.IfNot(Environment.IsPrivilegedProcess, "a disk of its own needs root");
        Skip.IfNot(
            journal == "sqlite" || Directory.Exists("/usr/lib/postgresql"), "PostgreSQL is not installed");
        return HoldsAsync("disk", journal);
    }

    [SkippableFact]
    public Task The_server_of_the_journal_is_killed()
    {
        Skip.IfNot(Directory.Exists("/usr/lib/postgresql"), "PostgreSQL is not installed");
        return HoldsAsync("journal", "postgres");
    }

    [Fact]
    public async Task Impossible_experiments_report_the_reason()
    {
        var run = await CliProcess.RunAsync(
            "http://127.0.0.1:1", "lab", "failover", "--node-path", Path.Combine(_out, "no.dll"));
        Assert.Equal(3, run.ExitCode);
        Assert.Contains("is not there: build src/Cluster.Node", run.Error, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_out, recursive: true);

    private async Task HoldsAsync(string experiment, string journal)
    {
        var seed = Random.Shared.Next(1, 1_000_000);
        output.WriteLine($"ipc lab {experiment} --seed {seed} --journal {journal} --seconds {Seconds} --profile fast");
        using var process = CliProcess.Start(
            "http://127.0.0.1:1", "lab", experiment, "--seed", $"{seed}", "--journal", journal,
            "--seconds", $"{Seconds}", "--profile", "fast", "--rate", "300", "--parked", "20", "--out", _out,
            "--node-path", NodeProcess.Metadata("Node"), "--json");
        try
        {
            var error = process.StandardError.ReadToEndAsync();
            var text = await process.StandardOutput.ReadToEndAsync().WaitAsync(Patience);
            await process.WaitForExitAsync().WaitAsync(Patience);
            output.WriteLine(text);
            Assert.True(process.ExitCode is 0 or 1, $"seed {seed}: {await error}");
            var json = JsonDocument.Parse(text).RootElement;
            var checks = json.GetProperty("checks").EnumerateObject().Where(check => !check.Value.GetBoolean());
            Assert.True(
                process.ExitCode == 0, $"seed {seed}: {string.Join(", ", checks)}: {json.GetProperty("explanations")}");
            Assert.True(json.GetProperty("calls").GetInt32() > 100);
            Assert.True(json.GetProperty("gap_ms").GetProperty("objects").GetInt32() > 0);
            Assert.True(File.Exists(Path.Combine(_out, "report.html")));
        }
        finally
        {
            // It takes its nodes with it.
            if (!process.HasExited) await TerminateAsync(process);
        }
    }

    private static async Task TerminateAsync(Process process)
    {
        using var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]);
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
    }
}
