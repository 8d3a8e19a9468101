using System.Globalization;
using Cluster.Client;
using Cluster.Lab.Experiments.Nodes;

namespace Cluster.Lab.Experiments.Containers;

/// <summary>A node in a container that exists before the experiment and after it.</summary>
internal sealed class ContainerNode(Container container, string gateway, string log) : LabNode
{
    private const int ExcerptLines = 40;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(250);

    private string _startedAt = container.StartedAt;
    private IReadOnlyList<string> _excerpt = [];

    public override string Name => container.Service.Length > 0 ? container.Service : container.Name;

    public override string Gateway => gateway;

    public override bool IsAlive => true;

    public override IReadOnlyList<string> Excerpt => _excerpt;

    public override async Task StartAsync()
    {
        StartedAt = LabClock.Now;
        await Docker.RunAsync("start", container.Id).ConfigureAwait(false);
        _startedAt = (await Container.InspectAsync(container.Id).ConfigureAwait(false))[0].StartedAt;
    }

    /// <summary>Waits until the node admits a client.</summary>
    public override async Task ReadyAsync(CancellationToken cancelled)
    {
        var from = LabClock.Now;
        var options = new IpcClientOptions { Addresses = [gateway], CloseTimeout = TimeSpan.FromSeconds(1) };
        while (true)
        {
            try
            {
                await using var client = await IpcClient.ConnectAsync(options, cancelled).ConfigureAwait(false);
                return;
            }
            catch (IpcConnectException exception)
            {
                if (LabClock.Seconds(from, LabClock.Now) > Patience.TotalSeconds)
                    throw new ExperimentException(
                        $"{Name} was not ready after {Patience.TotalSeconds} s: {exception.Message}");
            }

            await Task.Delay(RetryAfter, cancelled).ConfigureAwait(false);
        }
    }

    public override async Task<string> PauseAsync()
    {
        await Docker.RunAsync("pause", container.Id).ConfigureAwait(false);
        return $"docker pause {Name}";
    }

    public override async Task<string> ContinueAsync()
    {
        await Docker.RunAsync("unpause", container.Id).ConfigureAwait(false);
        return $"docker unpause {Name}";
    }

    public override Task TerminateAsync() => Docker.RunAsync("stop", container.Id);

    /// <summary>
    /// Waits for the "die" event of the engine, because Compose may have started the container again meanwhile.
    /// </summary>
    public override async Task<int?> EndedAsync(TimeSpan patience, CancellationToken cancelled)
    {
        var line = await Docker.FirstLineAsync(
            patience, cancelled, "events", "--since", _startedAt, "--filter", $"container={container.Id}",
            "--filter", "event=die", "--format", "{{.Actor.Attributes.exitCode}}").ConfigureAwait(false);
        return int.TryParse(line, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var code)
            ? code
            : null;
    }

    public override Task KillAsync() => Docker.RunAsync("kill", container.Id);

    /// <summary>Saves the output of the node for the report.</summary>
    /// <param name="since">The beginning of the experiment.</param>
    public async Task CollectAsync(DateTimeOffset since)
    {
        var (_, output) = await ExternalProgram.ReadAllAsync(
            "docker", "logs", "--timestamps", "--since", since.ToString("o", CultureInfo.InvariantCulture),
            container.Id).ConfigureAwait(false);
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await File.WriteAllLinesAsync(log, lines).ConfigureAwait(false);
        _excerpt = [.. lines.TakeLast(ExcerptLines)];
    }

    /// <summary>Makes the container run again, however the experiment ended.</summary>
    public override async Task ReleaseAsync()
    {
        await Docker.TryAsync("unpause", container.Id).ConfigureAwait(false);
        await Docker.TryAsync("start", container.Id).ConfigureAwait(false);
    }
}
