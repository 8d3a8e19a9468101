namespace Cluster.Cli.Output;

/// <summary>A column of a table in the style of lsipc(1).</summary>
/// <param name="Name">The heading.</param>
/// <param name="Right">Whether cells are aligned to the right.</param>
/// <param name="Label">The name in the details of one object: "Last change".</param>
internal readonly record struct Column(string Name, bool Right = false, string Label = "");
