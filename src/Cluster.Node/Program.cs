using Cluster.Node;

return await NodeCommand.RunAsync(args);
