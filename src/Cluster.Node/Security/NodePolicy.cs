using Cluster.Core.Objects;
using Cluster.Node.Observing;
using Cluster.Node.Settings;
using Cluster.Security;
using Cluster.Security.Policies;

namespace Cluster.Node.Security;

/// <summary>The policy of the node, as its file says now.</summary>
internal sealed class NodePolicy
{
    private readonly Reloaded<Policy>? _policy;

    /// <summary>Reads the file, if there is one.</summary>
    /// <exception cref="SettingsException">It is no policy.</exception>
    public NodePolicy(NodeOptions options, AuditLog audit, ILoggerFactory loggers, TimeProvider time)
    {
        if (options.Policy.Length == 0) return;
        var log = loggers.CreateLogger(OperatorLog.Category);
        var file = new PolicyFile([.. ObjectKinds.All.Select(kind => kind.Word)]);
        _policy = new Reloaded<Policy>(
            [options.Policy], () => file.Read(options.Policy), exception =>
            {
                var reason = exception is null ? null : LineFormatter.Explain(exception);
                if (reason is null) log.FilesReloaded("the policy");
                else log.FilesRefused("the policy", reason);
                audit.Add(reason is null ? "reloaded" : "kept", "the node", ("what", "the policy"), ("reason", reason));
            },
            time);
        try
        {
            _policy.Load();
        }
        catch (SecurityException exception)
        {
            throw new SettingsException($"policy: {exception.Message}");
        }
    }

    /// <summary>The policy; null: the node has none.</summary>
    public Policy? Current => _policy?.Current;
}
