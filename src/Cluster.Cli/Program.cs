using Cluster.Cli;
using Cluster.Cli.CommandLine;

return await IpcCommand.RunAsync(new Globals(), args);
