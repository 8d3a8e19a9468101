using System.Text.Json;
using Cluster.Containers.Engines;
using Xunit.Abstractions;

namespace Cluster.Containers;

/// <summary>The first steps of a user with Docker, and faults of containers.</summary>
public sealed class ComposeTests(ComposeFixture cluster, ITestOutputHelper output)
    : IClassFixture<ComposeFixture>, IDisposable
{
    private const int Seconds = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private readonly string _out = Directory.CreateTempSubdirectory("ipc-containers-").FullName;

    public void Dispose() => Directory.Delete(_out, recursive: true);

    [SkippableFact]
    public async Task The_first_example_of_the_readme_runs()
    {
        Start();
        var made = await cluster.IpcAsync("node1", "ipcmk", "-Q");
        var id = made.Trim().Split(' ')[^1];
        await cluster.IpcAsync("node1", "msg", "send", id, "--type", "3", "hello");
        Assert.Contains(id, await cluster.IpcAsync("node2", "ipcs", "-q"), StringComparison.Ordinal);
        Assert.Equal(
            "hello",
            (await cluster.IpcAsync("node3", "msg", "receive", id, "--type", "-5", "--timeout", "10s")).Trim());
        // And from outside, through the published ports.
        var removed = await cluster.ToolAsync(Patience, "--connect", cluster.Gateways[1], "ipcrm", "-q", id);
        Assert.Equal(0, removed.ExitCode);
    }

    [SkippableFact]
    public async Task The_container_needs_no_shell_no_root_and_no_writable_root_file_system()
    {
        Start();
        var container = await cluster.ContainerAsync("node1");
        Assert.Equal("1654", await InspectAsync(container, "{{.Config.User}}"));
        Assert.Equal("true", await InspectAsync(container, "{{.HostConfig.ReadonlyRootfs}}"));
        Assert.StartsWith(
            "[/app/cluster-node", await InspectAsync(container, "{{.Config.Entrypoint}}"), StringComparison.Ordinal);
        // Published ports can be reached only from this machine.
        var published = await InspectAsync(
            container, "{{range .HostConfig.PortBindings}}{{range .}}{{.HostIp}} {{end}}{{end}}");
        Assert.Equal("127.0.0.1 127.0.0.1", published);
    }

    [SkippableFact]
    public async Task A_stopped_node_leaves_in_order_and_joins_again()
    {
        Start();
        var container = await cluster.ContainerAsync("node3");
        await cluster.DockerAsync("stop", container);
        Assert.Equal("0", await InspectAsync(container, "{{.State.ExitCode}}"));
        var members = await cluster.IpcAsync("node1", "cluster", "--json");
        Assert.DoesNotContain("node3", members, StringComparison.Ordinal);
        await cluster.DockerAsync("start", container);
        await cluster.HealthyAsync();
        Assert.Contains("node3", await cluster.IpcAsync("node1", "cluster", "--json"), StringComparison.Ordinal);
    }

    [SkippableFact]
    public Task A_container_is_killed() => HoldsAsync("failover");

    [SkippableFact]
    public Task A_container_is_paused() => HoldsAsync("pause");

    [SkippableFact]
    public Task A_container_is_taken_off_the_internal_network() => HoldsAsync("partition");

    [SkippableFact]
    public Task The_container_of_the_database_is_killed() => HoldsAsync("journal");

    private void Start()
    {
        cluster.Require();
        foreach (var line in cluster.Log) output.WriteLine(line);
    }

    private async Task<string> InspectAsync(string container, string format) =>
        (await cluster.DockerAsync("inspect", "--format", format, container)).Trim();

    private async Task HoldsAsync(string experiment)
    {
        Start();
        var seed = Random.Shared.Next(1, 1_000_000);
        output.WriteLine($"ipc lab {experiment} --via docker --seed {seed} --seconds {Seconds}");
        var run = await cluster.ToolAsync(
            Patience, "lab", experiment, "--cluster", string.Join(',', cluster.Gateways), "--via", "docker",
            "--seed", $"{seed}", "--seconds", $"{Seconds}", "--rate", "200", "--parked", "20", "--out", _out, "--json");
        output.WriteLine(run.Output);
        Assert.True(run.ExitCode is 0 or 1, $"seed {seed}: {run.Error}");
        var json = JsonDocument.Parse(run.Output).RootElement;
        var checks = json.GetProperty("checks").EnumerateObject().Where(check => !check.Value.GetBoolean());
        Assert.True(
            run.ExitCode == 0, $"seed {seed}: {string.Join(", ", checks)}: {json.GetProperty("explanations")}");
        Assert.True(json.GetProperty("calls").GetInt32() > 100);
        Assert.True(json.GetProperty("gap_ms").GetProperty("objects").GetInt32() > 0);
        // Each fault is healed before the next one.
        await cluster.HealthyAsync();
        Assert.Equal(
            "", (await cluster.ToolAsync(Patience, "--connect", cluster.Gateways[0], "ns", "list", "/")).Output);
    }
}
