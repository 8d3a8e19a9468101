using Cluster.Cli;

return await IpcCommand.RunAsync(new Globals(), args);
