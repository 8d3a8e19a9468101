using Cluster.Client;

namespace Cluster.Lab.Experiments.Containers;

/// <summary>
/// A namespace for the experiment in a cluster that has other users. It is removed at the end.
/// </summary>
internal sealed class ExperimentNamespace : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly IpcClientOptions _client;
    private readonly string _name;

    private ExperimentNamespace(IpcClientOptions client, string name) => (_client, _name) = (client, name);

    /// <summary>The path of the namespace.</summary>
    public string Path => $"/{_name}";

    /// <summary>Creates the namespace.</summary>
    /// <exception cref="ExperimentException">The cluster does not allow it.</exception>
    public static async Task<ExperimentNamespace> OpenAsync(ExperimentOptions options, CancellationToken cancelled)
    {
        var created = new ExperimentNamespace(
            new IpcClientOptions { Addresses = options.Cluster, Uid = 0, Gid = 0, ConnectTimeout = Patience },
            $"lab-{options.Seed}-{Environment.ProcessId}");
        try
        {
            await using var client = await IpcClient.ConnectAsync(created._client, cancelled).ConfigureAwait(false);
            await client.Namespace.CreateChildAsync(created._name, cancelled).ConfigureAwait(false);
            return created;
        }
        catch (Exception exception) when (exception is IpcException or IpcConnectException)
        {
            throw new ExperimentException($"the cluster gives no namespace to the experiment: {exception.Message}");
        }
    }

    /// <summary>Removes the namespace with its objects. A cluster that does not answer keeps it.</summary>
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
            // The verdicts show what is wrong with the cluster.
        }
    }
}
