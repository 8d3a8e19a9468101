using System.Diagnostics;
using System.Globalization;
using System.Net;
using Cluster.Containers.Engines;
using Cluster.Lab.Experiments;

namespace Cluster.Containers;

/// <summary>
/// The cluster of docker/compose.yaml, as its user starts it: the image is built, PostgreSQL and three nodes are up and
/// healthy. With the engine of this machine, or one of the tests' own where they run as root and dockerd is installed.
/// </summary>
/// <remarks>
/// Without an engine tests call <see cref="Require"/> and are skipped visibly; with CONTAINERS_REQUIRED=1 in the
/// environment they fail instead.
/// </remarks>
public sealed class ComposeFixture : IAsyncLifetime
{
    private const int Nodes = 3;

    private static readonly TimeSpan BuildPatience = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan HealthPatience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);

    private readonly List<string> _log = [];
    private readonly string _here = Path.Combine(Path.GetTempPath(), $"ipc-compose-{Environment.ProcessId}.yaml");
    private PrivateEngine? _engine;
    private Docker? _docker;
    private string? _reason;

    /// <summary>How the cluster came about: images, times.</summary>
    public IReadOnlyList<string> Log => _log;

    /// <summary>The nodes' gateways.</summary>
    public IReadOnlyList<string> Gateways { get; private set; } = [];

    private string Project { get; } = $"ipctest{Environment.ProcessId}";

    private static string Root => Path.GetFullPath(Run.Metadata("Root"));

    /// <summary>Skips the calling test, or fails it where containers are required, if there is no engine.</summary>
    public void Require()
    {
        if (_reason is null) return;
        if (Environment.GetEnvironmentVariable("CONTAINERS_REQUIRED") == "1") Assert.Fail(_reason);
        Skip.If(true, _reason);
    }

    public async Task InitializeAsync()
    {
        if (await FindEngineAsync() is not { } docker) return;
        var began = Stopwatch.GetTimestamp();
        Images images;
        try
        {
            images = await Images.GetAsync(docker);
        }
        catch (InvalidOperationException exception)
        {
            _reason = exception.Message;
            return;
        }

        Note($"images: {images.Origin}", began);
        var ports = FreePorts.Find(IPAddress.Loopback, 2 * Nodes);
        var settings = new Dictionary<string, string> { ["IPC_IMAGE"] = Project, ["IPC_HEALTH_INTERVAL"] = "5s" };
        foreach (var (name, image) in images.ByVariable.Where(one => one.Image.Length > 0)) settings[name] = image;
        for (var i = 0; i < Nodes; i++)
        {
            settings[$"NODE{i + 1}_PORT"] = $"{ports[i]}";
            settings[$"NODE{i + 1}_WEB_PORT"] = $"{ports[Nodes + i]}";
        }

        _docker = docker.With(settings);
        Gateways = [.. ports.Take(Nodes).Select(port => $"http://127.0.0.1:{port}")];
        // Further needs of the build: the network of the machine, from where alone the feed of packages may be
        // reached.
        await File.WriteAllTextAsync(_here, "services: { node1: { build: { network: host } } }\n");
        began = Stopwatch.GetTimestamp();
        // As its user types it, on a machine that has no such image yet.
        await ComposeAsync(BuildPatience, "up", "--detach");
        await HealthyAsync();
        var size = await docker.RunAsync("image", "inspect", "--format", "{{.Size}}", Project);
        Note(
            "docker compose up, which builds the image, to four healthy containers: "
            + $"{long.Parse(size, CultureInfo.InvariantCulture) / 1_000_000} MB",
            began);
        await ComposeAsync("down", "--volumes");
        began = Stopwatch.GetTimestamp();
        await ComposeAsync("up", "--detach");
        await HealthyAsync();
        Note("docker compose up, to four healthy containers", began);
    }

    public async Task DisposeAsync()
    {
        if (_docker is not null) await ComposeAsync("down", "--volumes", "--timeout", "1");
        if (_docker is not null && _engine is null) await _docker.RunAsync("image", "rm", Project);
        if (_engine is not null) await _engine.DisposeAsync();
        File.Delete(_here);
    }

    /// <summary>Runs Compose on the cluster.</summary>
    public Task<string> ComposeAsync(params string[] arguments) => ComposeAsync(Docker.Patience, arguments);

    private Task<string> ComposeAsync(TimeSpan patience, params string[] arguments) => _docker!.ComposeAsync(
        patience,
        ["--project-name", Project, "--file", $"{Root}/docker/compose.yaml", "--file", _here, .. arguments]);

    /// <summary>Runs docker.</summary>
    public Task<string> DockerAsync(params string[] arguments) => _docker!.RunAsync(arguments);

    /// <summary>The container of a service.</summary>
    public async Task<string> ContainerAsync(string service) => (await ComposeAsync("ps", "--quiet", service)).Trim();

    /// <summary>Runs the ipc tool in the container of a node.</summary>
    public async Task<string> IpcAsync(string service, params string[] arguments) =>
        await DockerAsync(["exec", await ContainerAsync(service), "ipc", .. arguments]);

    /// <summary>Runs the ipc tool of the checkout.</summary>
    internal Task<Run> ToolAsync(TimeSpan patience, params string[] arguments) =>
        Run.ToEndAsync(patience, _docker!.Environment, ["dotnet", Run.Metadata("Cli"), .. arguments]);

    /// <summary>Waits until the engine calls each container healthy.</summary>
    public async Task HealthyAsync()
    {
        var began = Stopwatch.GetTimestamp();
        using var look = new PeriodicTimer(LookEvery);
        while (await look.WaitForNextTickAsync())
        {
            var all = await DockerAsync(
                "ps", "--filter", $"label=com.docker.compose.project={Project}", "--format", "{{.Names}}: {{.Status}}");
            var lines = all.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (lines.Count(line => line.Contains("(healthy)", StringComparison.Ordinal)) == Nodes + 1) return;
            if (Stopwatch.GetElapsedTime(began) > HealthPatience)
                throw new TimeoutException($"not healthy: {all}{await ComposeAsync("logs", "--tail", "20")}");
        }
    }

    private async Task<Docker?> FindEngineAsync()
    {
        if (Run.Find("docker") is null)
        {
            _reason = "docker is not installed";
            return null;
        }

        var docker = new Docker(new Dictionary<string, string>());
        var info = await Run.ToEndAsync(TimeSpan.FromSeconds(30), docker.Environment, "docker", "info");
        if (info.ExitCode == 0) return docker;
        if (Run.Find("dockerd") is not { } daemon || !Environment.IsPrivilegedProcess)
        {
            _reason = "no Docker engine answers, and to start one takes root and dockerd";
            return null;
        }

        try
        {
            _engine = await PrivateEngine.StartAsync(daemon);
            return docker.With(new Dictionary<string, string> { ["DOCKER_HOST"] = _engine.Host });
        }
        catch (InvalidOperationException exception)
        {
            _reason = exception.Message;
            return null;
        }
    }

    private void Note(string what, long began)
    {
        var line = string.Create(
            CultureInfo.InvariantCulture, $"{what} ({Stopwatch.GetElapsedTime(began).TotalSeconds:F1} s)");
        _log.Add(line);
        Console.WriteLine($"containers: {line}");
    }

}
