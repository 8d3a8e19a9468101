namespace Cluster.Cli.Failures;

/// <summary>The reader of standard output is gone. The command ends without a message, as after SIGPIPE.</summary>
internal sealed class BrokenPipeException() : IOException("standard output: broken pipe");
