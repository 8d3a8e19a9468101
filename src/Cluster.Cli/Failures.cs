namespace Cluster.Cli;

/// <summary>A value on the command line makes no sense; the message says which and what would.</summary>
/// <param name="message">For the user.</param>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>A command failed in a way that no errno tells, or has told its failures itself.</summary>
/// <param name="message">For the user; null: it has been said.</param>
internal sealed class FailedException(string? message) : Exception(message ?? "failed")
{
    public bool IsSaid => message is null;
}

/// <summary>Who read our output has gone: as SIGPIPE would, this ends the command without a word.</summary>
internal sealed class BrokenPipeException() : IOException("standard output: broken pipe");
