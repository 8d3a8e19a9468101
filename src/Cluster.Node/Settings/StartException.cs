namespace Cluster.Node.Settings;

/// <summary>The settings are valid, but the node cannot start. The message says why and what to do.</summary>
/// <param name="message">For the operator.</param>
public sealed class StartException(string message) : Exception(message);
