using System.Text.Json.Nodes;
using Cluster.Cli.Output;

namespace Cluster.Cli.Views;

/// <summary>The same in the words of a tool, and for scripts.</summary>
internal readonly record struct Shown(string Text, JsonObject Json);

/// <summary>A column of lsipc(1).</summary>
internal readonly record struct Column(string Name, bool Right = false);

/// <summary>
/// The objects of one kind as ipcs, lsipc and /proc/sysvipc show them. What enumerates does so in the order of the ids,
/// and takes no more memory for many objects than for some hundred.
/// </summary>
internal interface IObjectView
{
    /// <summary>As lsipc names the kind in JSON.</summary>
    string Name { get; }

    /// <summary>The first line of the kind's file in /proc/sysvipc.</summary>
    string ProcTitle { get; }

    /// <summary>The columns that lsipc shows.</summary>
    IReadOnlyList<Column> Columns { get; }

    /// <summary>The title of a table of ipcs; null: there is no such table.</summary>
    string? Title(Layout layout, SizeUnit unit);

    IAsyncEnumerable<string> RowsAsync(Layout layout, SizeUnit unit, CancellationToken cancelled);

    IAsyncEnumerable<JsonObject> JsonAsync(CancellationToken cancelled);

    IAsyncEnumerable<string> ProcRowsAsync(CancellationToken cancelled);

    /// <summary>Rows of lsipc, a text for each of <see cref="Columns"/>.</summary>
    IAsyncEnumerable<string[]> CellsAsync(SizeUnit unit, CancellationToken cancelled);

    /// <summary>ipcs -i; null: there is no such object.</summary>
    Task<Shown?> OneAsync(int id, SizeUnit unit, CancellationToken cancelled);

    /// <summary>ipcs -l.</summary>
    Task<Shown> LimitsAsync(SizeUnit unit, CancellationToken cancelled);

    /// <summary>ipcs -u.</summary>
    Task<Shown> SummaryAsync(SizeUnit unit, CancellationToken cancelled);

    /// <summary>The kind's rows in lsipc's summary.</summary>
    Task<IReadOnlyList<string[]>> UsageAsync(SizeUnit unit, CancellationToken cancelled);
}
