using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli;

/// <summary>What the tool exits with.</summary>
internal static class ExitCodes
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>A call failed; standard error has its errno.</summary>
    public const int Failed = 1;

    /// <summary>The command line makes no sense.</summary>
    public const int Usage = 2;

    /// <summary>No node answers.</summary>
    public const int Unreachable = 3;

    /// <summary>The time-out of the call passed, as timeout(1) has it.</summary>
    public const int TimedOut = 124;

    /// <summary>Interrupted by SIGINT or SIGTERM, as a shell has it.</summary>
    public const int Interrupted = 130;

    /// <summary>The exit code for what went wrong.</summary>
    public static int For(Exception exception, bool wasInterrupted) => exception switch
    {
        OperationCanceledException or IpcException { Errno: Errno.EINTR } when wasInterrupted => Interrupted,
        UsageException => Usage,
        IpcConnectException { Errno: Errno.ETIMEDOUT } => Unreachable,
        IpcTimeoutException or IpcException { Errno: Errno.ETIMEDOUT } => TimedOut,
        _ => Failed,
    };

    /// <summary>The line for standard error; null: nothing is to be said.</summary>
    public static string? Say(Exception exception, bool wasInterrupted) => exception switch
    {
        FailedException { IsSaid: true } or BrokenPipeException => null,
        _ when For(exception, wasInterrupted) == Interrupted => null,
        _ => "ipc: " + exception.Message.ReplaceLineEndings(" "),
    };
}
