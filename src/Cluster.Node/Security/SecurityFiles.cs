using Cluster.Node.Observing;
using Cluster.Node.Settings;
using Cluster.Security;

namespace Cluster.Node.Security;

/// <summary>Opens the files that say who may call, and tells of their changes.</summary>
internal sealed class SecurityFiles(AuditLog audit, ILoggerFactory loggers, TimeProvider time)
{
    private readonly ILogger _log = loggers.CreateLogger(OperatorLog.Category);

    /// <summary>Reads files for the first time.</summary>
    /// <param name="what">What they are, for people.</param>
    /// <param name="files">Their paths.</param>
    /// <param name="read">Reads them. It throws if they make no sense.</param>
    /// <exception cref="SettingsException">They cannot be used.</exception>
    public Reloaded<T> Open<T>(string what, IEnumerable<string> files, Func<T> read)
        where T : class
    {
        var reloaded = new Reloaded<T>([.. files], read, exception => Tell(what, exception), time);
        try
        {
            reloaded.Load();
        }
        catch (SecurityException exception)
        {
            throw new SettingsException(exception.Message);
        }

        return reloaded;
    }

    private void Tell(string what, Exception? exception)
    {
        var reason = exception is null ? null : LineFormatter.Explain(exception);
        if (reason is null) _log.FilesReloaded(what);
        else _log.FilesRefused(what, reason);
        audit.Add(reason is null ? "reloaded" : "kept", "the node", ("what", what), ("reason", reason));
    }
}
