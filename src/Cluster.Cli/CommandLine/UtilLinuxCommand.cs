using Cluster.Cli.Failures;

namespace Cluster.Cli.CommandLine;

/// <summary>A command of util-linux. Its exit code for every failure is 1, also for a wrong command line.</summary>
/// <param name="name">Its name.</param>
/// <param name="description">For its help.</param>
internal sealed class UtilLinuxCommand(string name, string description) : CommandWithExitCodes(
    name, description, "0 done; 1 a call failed, or usage; 3 no node answers; 130 interrupted", ExitCodes.Failed);
