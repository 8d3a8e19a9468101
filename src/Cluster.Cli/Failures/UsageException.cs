namespace Cluster.Cli.Failures;

/// <summary>A value on the command line makes no sense. The message names the value and what is valid.</summary>
/// <param name="message">For the user.</param>
internal sealed class UsageException(string message) : Exception(message);
