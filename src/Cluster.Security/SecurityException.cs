namespace Cluster.Security;

/// <summary>A certificate, a key or a policy cannot be used. The message says why, and what would be right.</summary>
internal sealed class SecurityException(string message, Exception? inner = null) : Exception(message, inner);
