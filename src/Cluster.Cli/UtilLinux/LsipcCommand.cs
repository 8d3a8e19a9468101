using System.Runtime.CompilerServices;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;
using Cluster.Cli.Kinds;
using Cluster.Cli.Output;

namespace Cluster.Cli.UtilLinux;

/// <summary>lsipc(1): a summary, a list of one kind, or the details of one object.</summary>
internal static class LsipcCommand
{
    private const string Description = """
        Show the limits and what is used of them, the objects of one kind, or one object, as lsipc(1) does.

        Examples:
          ipc lsipc
          ipc lsipc -m --bytes
          ipc lsipc -q -o ID,MSGS,CTIME --time-format=iso
          ipc lsipc -s -i 0
          ipc lsipc -q --json
          ipc lsipc -Q -N /jobs
        """;

    public static Command Create(Globals globals)
    {
        var options = new LsipcOptions();
        var command = new UtilLinuxCommand("lsipc", Description);
        options.AddTo(command);
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var mode = options.Mode(parsed, globals.Json(parsed));
            var columns = options.Columns(parsed, mode).Choose();
            var viewer = new Viewer(
                ipc, options.Unit(parsed), globals.Time.GetUtcNow(), options.Style(parsed, mode));
            var table = new LsipcTable(globals.Out, [.. columns.Select(each => each.Column)])
            {
                HasHeadings = options.HasHeadings(parsed), IsForShell = options.IsForShell(parsed),
            };
            var kind = options.Kind(parsed);
            if (options.IsSummary(parsed))
            {
                var limits = SummaryAsync(options.Kinds(parsed), viewer, cancelled);
                await table.WriteAsync(mode, "ipclimits", limits.Select(row => Choose(row, columns)));
            }
            else if (options.Id(parsed) is null && options.Name(parsed) is null)
            {
                var rows = kind!.CellsAsync(viewer, cancelled).Select(row => Choose(row, columns));
                await table.WriteAsync(mode, kind.Names.JsonName, rows);
            }
            else
            {
                var chosen = Choose(await OneAsync(kind!, options, parsed, viewer, cancelled), columns);
                if (mode == LsipcMode.Details) await table.WriteDetailsAsync(chosen);
                else await table.WriteAsync(mode, kind!.Names.JsonName, new[] { chosen }.ToAsyncEnumerable());
            }
        });
        return command;
    }

    // The options go with the kind: an id for one of sysvipc(7), a name for the others.
    private static async Task<LsipcRow> OneAsync(
        CliKind kind, LsipcOptions options, ParseResult parsed, Viewer viewer, CancellationToken cancelled)
    {
        if (kind is NamedKind named && options.Name(parsed) is { } name)
        {
            return await named.OneRowAsync(viewer, name, cancelled)
                ?? throw new FailedException($"lsipc: {kind.Names.Noun} {name} not found");
        }

        var id = options.Id(parsed) ?? 0;
        return await ((SystemVKind)kind).OneRowAsync(viewer, id, cancelled)
            ?? throw new FailedException($"lsipc: id {id} not found");
    }

    private static LsipcRow Choose(LsipcRow row, IReadOnlyList<(Column Column, int Place)> columns) =>
        row with { Cells = [.. columns.Select(each => each.Place < 0 ? null : row.Cells[each.Place])] };

    private static async IAsyncEnumerable<LsipcRow> SummaryAsync(
        IReadOnlyList<CliKind> kinds, Viewer viewer, [EnumeratorCancellation] CancellationToken cancelled)
    {
        foreach (var kind in kinds)
        {
            foreach (var row in await kind.UsageAsync(viewer, cancelled)) yield return new LsipcRow(row);
        }
    }
}
