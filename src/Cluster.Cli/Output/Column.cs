namespace Cluster.Cli.Output;

/// <summary>A column of a table in the style of lsipc(1).</summary>
internal readonly record struct Column(string Name, bool Right = false);
