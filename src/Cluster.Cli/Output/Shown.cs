using System.Text.Json.Nodes;

namespace Cluster.Cli.Output;

/// <summary>One piece of output in both forms: the text of the original tool, and JSON for scripts.</summary>
internal readonly record struct Shown(string Text, JsonObject Json);
