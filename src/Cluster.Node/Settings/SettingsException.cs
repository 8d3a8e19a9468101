namespace Cluster.Node.Settings;

/// <summary>A setting is wrong. The message names it and says what would be right.</summary>
/// <param name="message">For the operator.</param>
public sealed class SettingsException(string message) : Exception(message);
