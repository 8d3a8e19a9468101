using Cluster.Client;

namespace Cluster.Lab.Experiments.Containers;

/// <summary>
/// A namespace of the experiment's own in a cluster that others use too: what it makes is in nobody's way, and is
/// removed at the end.
/// </summary>
internal sealed class Quarters : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly IpcClientOptions _client;
    private readonly string _name;

    private Quarters(IpcClientOptions client, string name) => (_client, _name) = (client, name);

    /// <summary>The namespace.</summary>
    public string Path => $"/{_name}";

    /// <summary>Makes it.</summary>
    /// <exception cref="ExperimentException">The cluster does not let us.</exception>
    public static async Task<Quarters> OpenAsync(ExperimentOptions options, CancellationToken cancelled)
    {
        var quarters = new Quarters(
            new IpcClientOptions { Addresses = options.Cluster, Uid = 0, Gid = 0, ConnectTimeout = Patience },
            $"lab-{options.Seed}-{Environment.ProcessId}");
        try
        {
            await using var client = await IpcClient.ConnectAsync(quarters._client, cancelled).ConfigureAwait(false);
            await client.Namespace.CreateChildAsync(quarters._name, cancelled).ConfigureAwait(false);
            return quarters;
        }
        catch (Exception exception) when (exception is IpcException or IpcConnectException)
        {
            throw new ExperimentException($"the cluster gives no namespace to the experiment: {exception.Message}");
        }
    }

    /// <summary>Removes it with all that is in it; a cluster that is away keeps it.</summary>
    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await using var client = await IpcClient.ConnectAsync(_client, patience.Token).ConfigureAwait(false);
            await client.Namespace.RemoveChildAsync(_name, patience.Token).ConfigureAwait(false);
        }
        catch (Exception exception)
            when (exception is IpcException or IpcConnectException or OperationCanceledException)
        {
            // The verdicts say what is wrong with the cluster.
        }
    }
}
