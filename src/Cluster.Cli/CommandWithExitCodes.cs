using System.CommandLine;

namespace Cluster.Cli;

/// <summary>A command whose exit codes are not those of the others.</summary>
/// <param name="name">Its name.</param>
/// <param name="description">For its help.</param>
/// <param name="codes">For its help, and that of all below it: "0 done; 1 ...".</param>
/// <param name="usage">What it exits with where the command line makes no sense.</param>
internal class CommandWithExitCodes(string name, string description, string codes, int usage = ExitCodes.Usage)
    : Command(name, description)
{
    public string Codes => codes;

    public int Usage => usage;
}

/// <summary>A command of util-linux: whatever goes wrong there, a wrong command line too, is 1.</summary>
/// <param name="name">Its name.</param>
/// <param name="description">For its help.</param>
internal sealed class UtilLinuxCommand(string name, string description) : CommandWithExitCodes(
    name, description, "0 done; 1 a call failed, or usage; 3 no node answers; 130 interrupted", ExitCodes.Failed);
