namespace Cluster.Cli.Failures;

/// <summary>A command failed without an errno, or has written its failures itself.</summary>
/// <param name="message">For the user; null: the command has written it already.</param>
internal sealed class FailedException(string? message) : Exception(message ?? "failed")
{
    public bool IsSaid => message is null;
}
