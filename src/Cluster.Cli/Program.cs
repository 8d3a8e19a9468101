using Cluster.Cli;

return await IpcCommand.RunAsync(args);
