namespace Cluster.Cli.Output;

/// <summary>How lsipc(1) shows cells.</summary>
/// <param name="Time">The format of times.</param>
/// <param name="NumericPerms">Whether permissions are octal numbers.</param>
internal readonly record struct LsipcStyle(TimeStyle Time = TimeStyle.Short, bool NumericPerms = false);
