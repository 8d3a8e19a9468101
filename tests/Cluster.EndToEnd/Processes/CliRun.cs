namespace Cluster.EndToEnd.Processes;

/// <summary>One run of the ipc tool.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
public sealed record CliRun(int ExitCode, string Output, string Error);
