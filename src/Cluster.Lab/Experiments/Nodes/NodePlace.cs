namespace Cluster.Lab.Experiments.Nodes;

/// <summary>Where a node listens, and what its command begins with.</summary>
internal sealed record NodePlace(string Host, int GatewayPort, int RemotePort, IReadOnlyList<string> Prefix)
{
    public string Listen => $"{Host}:{GatewayPort}";

    public string Remote => $"{Host}:{RemotePort}";

    public string Gateway => $"http://{Listen}";
}
