using System.Text.Json.Nodes;
using Cluster.Cli.Views;

namespace Cluster.Cli.Output;

/// <summary>Writes what ipcs(1) shows, kind after kind.</summary>
internal sealed class Listing(TextWriter output, IReadOnlyList<IObjectView> views, SizeUnit unit)
{
    public async Task TablesAsync(Layout layout, CancellationToken cancelled)
    {
        await output.WriteLineAsync();
        foreach (var view in views)
        {
            if (view.Title(layout, unit) is { } title)
            {
                await output.WriteLineAsync(title);
                await foreach (var row in view.RowsAsync(layout, unit, cancelled)) await output.WriteLineAsync(row);
            }

            await output.WriteLineAsync();
        }
    }

    /// <summary>A section for each kind; as JSON one object, as no two kinds share a name.</summary>
    public async Task SectionsAsync(Func<IObjectView, SizeUnit, Task<Shown>> ask, bool json)
    {
        var all = new JsonObject();
        if (!json) await output.WriteLineAsync();
        foreach (var view in views)
        {
            var shown = await ask(view, unit);
            if (!json) await output.WriteLineAsync(shown.Text);
            foreach (var (name, value) in shown.Json) all[name] = value?.DeepClone();
        }

        if (json) await output.WriteLineAsync(JsonOutput.Line(all));
    }

    /// <summary>An array of one kind, or an object with an array for each.</summary>
    public async Task JsonAsync(CancellationToken cancelled)
    {
        var isOne = views.Count == 1;
        foreach (var view in views)
        {
            if (!isOne) await output.WriteAsync($"{(view == views[0] ? "{" : ",\n")}\"{view.Name}\":");
            var separator = "[";
            await foreach (var json in view.JsonAsync(cancelled))
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
        var shown = await views[0].OneAsync(id, unit, cancelled)
            ?? throw new FailedException($"ipcs: id {id} not found");
        await output.WriteLineAsync(json ? JsonOutput.Line(shown.Json) : shown.Text);
    }
}
