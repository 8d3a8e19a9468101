using Cluster.Node;
using Cluster.Node.Web;

return HealthProbe.TryRun(args) ?? await NodeCommand.RunAsync(args);
