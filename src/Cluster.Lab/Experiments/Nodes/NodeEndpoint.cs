namespace Cluster.Lab.Experiments.Nodes;

/// <summary>The addresses of a node, and the first words of the command that starts it there.</summary>
internal sealed record NodeEndpoint(string Host, int GatewayPort, int RemotePort, IReadOnlyList<string> Prefix)
{
    public string Listen => $"{Host}:{GatewayPort}";

    public string Remote => $"{Host}:{RemotePort}";

    public string Gateway => $"http://{Listen}";
}
