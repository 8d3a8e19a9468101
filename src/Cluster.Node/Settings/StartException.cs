namespace Cluster.Node.Settings;

/// <summary>The settings are right, but the node cannot start; the message says why and what to do.</summary>
/// <param name="message">For the operator.</param>
public sealed class StartException(string message) : Exception(message);
