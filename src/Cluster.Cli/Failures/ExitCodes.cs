namespace Cluster.Cli.Failures;

/// <summary>The exit codes of the tool, and the line that it writes about a failure.</summary>
internal static class ExitCodes
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>A call failed. Standard error names the errno.</summary>
    public const int Failed = 1;

    /// <summary>The command line makes no sense.</summary>
    public const int Usage = 2;

    /// <summary>No node answers.</summary>
    public const int Unreachable = 3;

    /// <summary>The time-out of the call passed: the code of timeout(1).</summary>
    public const int TimedOut = 124;

    /// <summary>The command to run is there and cannot be run: the code of a shell.</summary>
    public const int CannotRun = 126;

    /// <summary>There is no such command to run: the code of a shell.</summary>
    public const int NotFound = 127;

    /// <summary>SIGINT or SIGTERM interrupted the command: 128 + SIGINT, the code of a shell.</summary>
    public const int Interrupted = 130;

    /// <summary>A signal killed the process of the command in the cluster: 128 + its number, the code of a shell.</summary>
    public const int Killed = 128;

    /// <summary>The exit code for a failure.</summary>
    public static int For(Exception exception, bool wasInterrupted) => exception switch
    {
        CommandEndedException ended => ended.ExitCode,
        IpcSessionLostException { KilledBy: not Signal.None and var signal } => Killed + (int)signal,
        OperationCanceledException or IpcException { Errno: Errno.EINTR } when wasInterrupted => Interrupted,
        UsageException => Usage,
        IpcConnectException { Errno: Errno.ETIMEDOUT } => Unreachable,
        IpcTimeoutException or IpcException { Errno: Errno.ETIMEDOUT } => TimedOut,
        _ => Failed,
    };

    /// <summary>The line for standard error; null: the failure needs no line.</summary>
    public static string? Say(Exception exception, bool wasInterrupted) => exception switch
    {
        FailedException { IsSaid: true } or BrokenPipeException or CommandEndedException => null,
        _ when For(exception, wasInterrupted) == Interrupted => null,
        _ => "ipc: " + exception.Message.ReplaceLineEndings(" "),
    };
}
