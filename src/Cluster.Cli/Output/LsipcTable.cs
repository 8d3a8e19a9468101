using System.Text.Json.Nodes;

namespace Cluster.Cli.Output;

/// <summary>
/// Writes tables in the style of lsipc(1). The first 1,000 rows decide the widths of the columns, so that a table of
/// any length needs little memory. A longer cell in a later row shifts the rest of its line.
/// </summary>
internal sealed class LsipcTable(TextWriter output, IReadOnlyList<Column> columns)
{
    private const int Measured = 1_000;

    /// <summary>Writes a heading and the rows; nothing if there are no rows.</summary>
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

    /// <summary>Writes one object with one array. All values are strings.</summary>
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
