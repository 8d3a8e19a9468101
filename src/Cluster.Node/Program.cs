using Cluster.Node;

return await NodeCommand.Create().Parse(args).InvokeAsync();
