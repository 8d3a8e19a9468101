using Cluster.Cli.Failures;

namespace Cluster.Cli.CommandLine;

/// <summary>A command whose exit codes differ from those of the other commands.</summary>
/// <param name="name">Its name.</param>
/// <param name="description">For its help.</param>
/// <param name="codes">For its help and the help of its subcommands: "0 done; 1 ...".</param>
/// <param name="usage">The exit code of a command line that makes no sense.</param>
internal class CommandWithExitCodes(string name, string description, string codes, int usage = ExitCodes.Usage)
    : Command(name, description)
{
    public string Codes => codes;

    public int Usage => usage;
}
