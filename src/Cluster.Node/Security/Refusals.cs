using Cluster.Node.Observing;

namespace Cluster.Node.Security;

/// <summary>Tells the operator and the audit of callers that were refused.</summary>
internal sealed class Refusals(AuditLog audit, ILoggerFactory loggers, TimeProvider time)
{
    private readonly ILogger _log = loggers.CreateLogger(OperatorLog.Category);
    private readonly LogThrottle _throttle = new(time);

    /// <summary>A caller was refused.</summary>
    /// <param name="door">Where. The log has a bound for each door.</param>
    /// <param name="who">The caller.</param>
    /// <param name="reason">Why, which a stranger does not learn.</param>
    public void Tell(string door, string who, string reason)
    {
        audit.Add("refused", who, ("reason", reason));
        if (_throttle.Passes(door, 0, out _)) _log.CallerRefused(LineFormatter.Visible(who), LineFormatter.Visible(reason));
    }
}
