using Cluster.Node.Hosting;
using Cluster.Node.Web;

return HealthProbe.TryRun(args) ?? await NodeCommand.RunAsync(args);
