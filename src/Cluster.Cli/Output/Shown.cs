using System.Text.Json.Nodes;

namespace Cluster.Cli.Output;

/// <summary>One piece of output in both forms: the text of the original tool, and JSON for scripts.</summary>
internal readonly record struct Shown(string Text, JsonObject Json)
{
    /// <summary>A section of ipcs -l and ipcs -u.</summary>
    /// <param name="title">The title between the dashes.</param>
    /// <param name="lines">The name and the value in JSON, and the line of the text.</param>
    public static Shown Section(string title, params (string Name, JsonNode Value, string Line)[] lines) => new(
        string.Concat(lines.Select(each => each.Line + "\n").Prepend($"------ {title} --------\n")),
        new JsonObject(lines.Select(each => KeyValuePair.Create(each.Name, (JsonNode?)each.Value))));
}
