using System.Text.Json.Nodes;
using Cluster.Cli.Failures;
using Cluster.Cli.Kinds;
using Cluster.Cli.Output;

namespace Cluster.Cli.UtilLinux;

/// <summary>Writes the output of ipcs(1), kind after kind.</summary>
internal sealed class Listing(TextWriter output, IReadOnlyList<SystemVKind> kinds, Viewer viewer)
{
    public async Task TablesAsync(Layout layout, CancellationToken cancelled)
    {
        await output.WriteLineAsync();
        foreach (var kind in kinds)
        {
            if (kind.Title(layout, viewer.Unit) is { } title)
            {
                await output.WriteLineAsync(title);
                await foreach (var row in kind.RowsAsync(viewer, layout, cancelled)) await output.WriteLineAsync(row);
            }

            await output.WriteLineAsync();
        }
    }

    /// <summary>A section for each kind. In JSON one object: no two kinds have members with the same name.</summary>
    public async Task SectionsAsync(Func<SystemVKind, Viewer, Task<Shown>> ask, bool json)
    {
        var all = new JsonObject();
        if (!json) await output.WriteLineAsync();
        foreach (var kind in kinds)
        {
            var shown = await ask(kind, viewer);
            if (!json) await output.WriteLineAsync(shown.Text);
            foreach (var (name, value) in shown.Json) all[name] = value?.DeepClone();
        }

        if (json) await output.WriteLineAsync(JsonOutput.Line(all));
    }

    /// <summary>An array of one kind, or an object with an array for each kind.</summary>
    public async Task JsonAsync(CancellationToken cancelled)
    {
        var isOne = kinds.Count == 1;
        foreach (var kind in kinds)
        {
            if (!isOne) await output.WriteAsync($"{(kind == kinds[0] ? "{" : ",\n")}\"{kind.Names.JsonName}\":");
            var separator = "[";
            await foreach (var json in kind.JsonAsync(viewer, cancelled))
            {
                await output.WriteAsync(separator);
                await output.WriteAsync(JsonOutput.Line(json));
                separator = ",\n";
            }

            await output.WriteAsync(separator == "[" ? "[]" : "]");
        }

        await output.WriteLineAsync(isOne ? "" : "}");
    }

    public async Task OneAsync(int id, bool json, CancellationToken cancelled)
    {
        var shown = await kinds[0].OneAsync(viewer, id, cancelled)
            ?? throw new FailedException($"ipcs: id {id} not found");
        await output.WriteLineAsync(json ? JsonOutput.Line(shown.Json) : shown.Text);
    }
}
