using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cluster.Cli.Output;

/// <summary>Writes --json: one object or array, or one object a line where output streams.</summary>
internal static class JsonOutput
{
    private static readonly JsonSerializerOptions Options =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>One line.</summary>
    public static string Line(JsonNode node) => node.ToJsonString(Options);

    /// <summary>One line of JSON, or for people one line for each name and value.</summary>
    public static string Show(this JsonObject values, bool json) => json
        ? Line(values)
        : string.Join('\n', values.Select(pair => $"{pair.Key,-18} {pair.Value}"));
}
