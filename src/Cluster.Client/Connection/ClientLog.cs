using Cluster.Protocol;
using Microsoft.Extensions.Logging;

namespace Cluster.Client.Connection;

/// <summary>What an operator has to know. The event ids are part of the interface: never reuse one.</summary>
internal static partial class ClientLog
{
    [LoggerMessage(1, LogLevel.Information, "Connected to {Node} as process {Pid} in namespace {Namespace}")]
    public static partial void Connected(this ILogger log, string node, int pid, string @namespace);

    [LoggerMessage(2, LogLevel.Warning, "Process {Pid} lost its connection to {Node}: {Reason}; {Calls} calls wait")]
    public static partial void ConnectionLost(this ILogger log, int pid, string node, string reason, int calls);

    [LoggerMessage(3, LogLevel.Information, "Process {Pid} is connected again, to {Node}, after {DownMs} ms")]
    public static partial void Back(this ILogger log, int pid, string node, long downMs);

    [LoggerMessage(4, LogLevel.Information, "Process {Pid} has sent {Calls} calls again, to {Node}")]
    public static partial void Resent(this ILogger log, int pid, int calls, string node);

    [LoggerMessage(5, LogLevel.Error,
        "Process {Pid} is lost ({Reason}): its lease ran out or it was ended, and what it held is released")]
    public static partial void ProcessLost(this ILogger log, int pid, string reason);

    [LoggerMessage(6, LogLevel.Error, "No process could be started: {Errno}, {Reason}")]
    public static partial void Refused(this ILogger log, Errno errno, string reason);

    [LoggerMessage(8, LogLevel.Warning,
        "Process {Pid} is suspended: the cluster has said nothing during its lease of {LeaseMs} ms, and others may get "
        + "what it holds")]
    public static partial void Suspended(this ILogger log, int pid, long leaseMs);

    [LoggerMessage(9, LogLevel.Information, "Process {Pid} was suspended and lives")]
    public static partial void Confirmed(this ILogger log, int pid);

    [LoggerMessage(10, LogLevel.Error, "The handler of {Signal} in process {Pid} has failed")]
    public static partial void HandlerFailed(this ILogger log, Signal signal, int pid, Exception exception);

    [LoggerMessage(7, LogLevel.Information, "Process {Pid} is closed")]
    public static partial void Closed(this ILogger log, int pid);
}
