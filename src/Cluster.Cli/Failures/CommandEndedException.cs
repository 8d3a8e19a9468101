namespace Cluster.Cli.Failures;

/// <summary>The command that the tool has run ended with an exit code, which becomes the tool's.</summary>
/// <param name="exitCode">The exit code.</param>
internal sealed class CommandEndedException(int exitCode) : Exception($"the command ended with {exitCode}")
{
    public int ExitCode => exitCode;
}
