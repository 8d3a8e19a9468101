using System.Text.Json.Nodes;
using Cluster.Cli.Views;

namespace Cluster.Cli.Output;

/// <summary>
/// Writes tables as lsipc(1) does. The first thousand rows say how wide a column is; a longer text further down moves
/// the rest of its line, so that a table of any length takes little memory.
/// </summary>
internal sealed class LsipcTable(TextWriter output, IReadOnlyList<Column> columns)
{
    private const int Measured = 1_000;

    /// <summary>A heading and the rows; nothing if there are none.</summary>
    public async Task WriteAsync(IAsyncEnumerable<string[]> rows)
    {
        var first = new List<string[]>();
        int[]? widths = null;
        await foreach (var row in rows)
        {
            if (widths is not null)
            {
                await output.WriteLineAsync(Line(row, widths));
                continue;
            }

            first.Add(row);
            if (first.Count == Measured) widths = await WriteFirstAsync(first);
        }

        if (widths is null && first.Count > 0) await WriteFirstAsync(first);
    }

    /// <summary>One object with one array, all values as texts.</summary>
    public async Task WriteJsonAsync(string name, IAsyncEnumerable<string[]> rows)
    {
        await output.WriteAsync($"{{\n   \"{name}\": [\n");
        var separator = "      {\n";
        await foreach (var row in rows)
        {
            await output.WriteAsync(separator);
            await output.WriteAsync(string.Join(",\n", row.Select(Member)));
            separator = "\n      },{\n";
        }

        await output.WriteAsync(separator.StartsWith('\n') ? "\n      }\n   ]\n}\n" : "\n   ]\n}\n");
    }

    private string Member(string text, int index)
    {
        var value = text.Length == 0 ? "null" : JsonOutput.Line(JsonValue.Create(text));
        return $"         \"{columns[index].Name.ToLowerInvariant()}\": {value}";
    }

    private async Task<int[]> WriteFirstAsync(List<string[]> rows)
    {
        var widths = columns.Select((column, i) => Math.Max(column.Name.Length, rows.Max(row => row[i].Length)));
        int[] all = [.. widths];
        await output.WriteLineAsync(Line([.. columns.Select(column => column.Name)], all));
        foreach (var row in rows) await output.WriteLineAsync(Line(row, all));
        return all;
    }

    private string Line(string[] row, int[] widths) => string.Join(' ', row.Select((text, i) =>
        columns[i].Right ? text.PadLeft(widths[i]) : i == row.Length - 1 ? text : text.PadRight(widths[i])));
}
