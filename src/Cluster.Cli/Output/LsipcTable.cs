using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Cluster.Cli.Output;

/// <summary>
/// Writes rows in the forms of lsipc(1). In a table the first 1,000 rows decide the widths of the columns, so that a
/// table of any length needs little memory. A longer cell in a later row shifts the rest of its line.
/// </summary>
internal sealed class LsipcTable(TextWriter output, IReadOnlyList<Column> columns)
{
    private const int Measured = 1_000;

    /// <summary>Whether the first line has the names of the columns.</summary>
    public bool HasHeadings { get; init; } = true;

    /// <summary>Whether names are valid names of variables of a shell: USE_PCT instead of USE%.</summary>
    public bool IsForShell { get; init; }

    /// <summary>Writes rows in any form but that of details.</summary>
    /// <param name="mode">The form.</param>
    /// <param name="name">The name of the array in JSON.</param>
    /// <param name="rows">The rows.</param>
    public async Task WriteAsync(LsipcMode mode, string name, IAsyncEnumerable<LsipcRow> rows)
    {
        var cells = rows.Select(row => row.Cells);
        if (mode == LsipcMode.Json) await WriteJsonAsync(name, cells);
        else if (mode == LsipcMode.Table) await WriteAsync(cells);
        else await WriteLinesAsync(mode, cells);
    }

    /// <summary>Writes a heading and the rows; nothing if there are no rows.</summary>
    public async Task WriteAsync(IAsyncEnumerable<string?[]> rows)
    {
        var first = new List<string?[]>();
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

    /// <summary>Writes the details of one object: what is set of it, and its elements.</summary>
    public async Task WriteDetailsAsync(LsipcRow row)
    {
        for (var i = 0; i < columns.Count; i++)
        {
            if (row.Cells[i] is { } cell)
                await output.WriteLineAsync($"{columns[i].Label + ":",-36}{cell,-36}");
        }

        if (row.Elements is not { } elements) return;
        await output.WriteLineAsync("Elements:\n");
        await new LsipcTable(output, elements.Columns).WriteAsync(elements.Rows.ToAsyncEnumerable());
    }

    // One object with one array. All values are strings.
    private async Task WriteJsonAsync(string name, IAsyncEnumerable<string?[]> rows)
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

    private async Task WriteLinesAsync(LsipcMode mode, IAsyncEnumerable<string?[]> rows)
    {
        var isFirst = true;
        await foreach (var row in rows)
        {
            if (mode == LsipcMode.Raw && isFirst && HasHeadings)
                await output.WriteLineAsync(string.Join(' ', columns.Select(NameOf)));
            isFirst = false;
            await output.WriteLineAsync(mode == LsipcMode.Raw
                ? string.Join(' ', row.Select(cell => Escape(cell ?? "", c => c is ' ' or '\\')))
                : string.Join(mode == LsipcMode.Newline ? '\n' : ' ', row.Select(Assignment)));
        }
    }

    private string Assignment(string? cell, int index) =>
        $"{NameOf(columns[index])}=\"{Escape(cell ?? "", c => c is '"' or '\\' or '`' or '$')}\"";

    private string Member(string? text, int index)
    {
        var value = string.IsNullOrEmpty(text) ? "null" : JsonOutput.Line(JsonValue.Create(text));
        return $"         \"{NameOf(columns[index]).ToLowerInvariant()}\": {value}";
    }

    private async Task<int[]> WriteFirstAsync(List<string?[]> rows)
    {
        var widths = columns.Select((column, i) =>
            Math.Max(column.Name.Length, rows.Max(row => row[i]?.Length ?? 0)));
        int[] all = [.. widths];
        if (HasHeadings) await output.WriteLineAsync(Line([.. columns.Select(NameOf)], all));
        foreach (var row in rows) await output.WriteLineAsync(Line(row, all));
        return all;
    }

    // The last cell of a line is not padded if it is empty or aligned to the left.
    private string Line(string?[] row, int[] widths) => string.Join(' ', row.Select((cell, i) =>
    {
        var text = cell ?? "";
        if (i == row.Length - 1 && (text.Length == 0 || !columns[i].Right)) return text;
        return columns[i].Right ? text.PadLeft(widths[i]) : text.PadRight(widths[i]);
    }));

    private string NameOf(Column column) =>
        IsForShell ? column.Name.Replace("%", "_PCT", StringComparison.Ordinal) : column.Name;

    // As libsmartcols does: \x and the code of the byte.
    private static string Escape(string text, Func<char, bool> isSpecial)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (isSpecial(c) || char.IsControl(c)) escaped.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}");
            else escaped.Append(c);
        }

        return escaped.ToString();
    }
}
