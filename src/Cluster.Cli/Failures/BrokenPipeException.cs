namespace Cluster.Cli.Failures;

/// <summary>The reader of standard output has closed it. The command ends without a message, as SIGPIPE ends it.</summary>
internal sealed class BrokenPipeException() : IOException("standard output: broken pipe");
