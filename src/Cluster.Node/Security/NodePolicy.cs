using Cluster.Core.Objects;
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
    public NodePolicy(NodeOptions options, SecurityFiles files)
    {
        if (options.Policy.Length == 0) return;
        var file = new PolicyFile([.. ObjectKinds.All.Select(kind => kind.Word)]);
        _policy = files.Open("the policy", [options.Policy], () =>
        {
            try
            {
                return file.Read(options.Policy);
            }
            catch (SecurityException exception)
            {
                throw new SecurityException($"policy: {exception.Message}", exception);
            }
        });
    }

    /// <summary>The policy; null: the node has none.</summary>
    public Policy? Current => _policy?.Current;
}
