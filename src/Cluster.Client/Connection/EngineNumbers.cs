using Cluster.Client.Engine;
using Cluster.Protocol;

namespace Cluster.Client.Connection;

/// <summary>Turns options into the numbers of the engine.</summary>
internal static class EngineNumbers
{
    public static EngineSettings From(IpcClientOptions options) => new()
    {
        Process = ProcessOf(options),
        Window = options.MaxCallsInFlight,
        ConnectTimeoutMs = Ms(options.ConnectTimeout),
        AdmissionTimeoutMs = Math.Max(Ms(options.ConnectTimeout), Ms(options.AdmissionTimeout)),
        ReconnectDelayMs = Ms(options.ReconnectDelay),
        MaxReconnectDelayMs = Ms(options.MaxReconnectDelay),
        CloseTimeoutMs = Ms(options.CloseTimeout),
        NewProcessWhenLost = options.NewProcessWhenLost,
        Token = options.Token,
        StaysAtGivenNodes = options.HasUnixSocket,
    };

    private static NewProcess ProcessOf(IpcClientOptions options)
    {
        var process = new NewProcess { Namespace = options.Namespace, LeaseMs = Ms(options.Lease) };
        if (options.Parent is { } parent)
            (process.Parent, process.ParentTicket) = (parent.Pid, parent.Ticket);
        if (options.Uid is { } uid)
        {
            process.Credentials = new Credentials { Uid = uid, Gid = options.Gid ?? uid };
            process.Credentials.Groups.AddRange(options.Groups);
            if (options.Capabilities is { } capabilities) process.Credentials.Capabilities = capabilities;
        }

        return process;
    }

    private static long Ms(TimeSpan span) => (long)Math.Ceiling(span.TotalMilliseconds);
}
