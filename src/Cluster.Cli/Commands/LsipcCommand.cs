using System.CommandLine;
using Cluster.Cli.Output;
using Cluster.Cli.Views;

namespace Cluster.Cli.Commands;

/// <summary>lsipc(1): a summary, or a list of one kind with its default columns.</summary>
internal static class LsipcCommand
{
    private const string Description = """
        Show the limits and what is used of them, or the objects of one kind, as lsipc(1) does.

        Examples:
          ipc lsipc
          ipc lsipc -m --bytes
          ipc lsipc -q --json
        """;

    public static Command Create(Globals globals)
    {
        var kinds = new KindOptions();
        var bytes = new Option<bool>("--bytes", "-b") { Description = "Sizes in bytes rather than as 15.8K" };
        var command = new UtilLinuxCommand("lsipc", Description) { bytes };
        kinds.AddTo(command);
        command.Validators.Add(result =>
        {
            if (kinds.Count(result.GetValue) > 1)
                result.AddError("lsipc: mutually exclusive arguments: --shmems --queues --semaphores");
        });
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var unit = parsed.GetValue(bytes) ? SizeUnit.Bytes : SizeUnit.Human;
            var views = kinds.Views(parsed, globals, ipc);
            var isSummary = kinds.Count(parsed.GetValue) == 0;
            var rows = isSummary ? SummaryAsync(views, unit, cancelled) : views[0].CellsAsync(unit, cancelled);
            var table = new LsipcTable(globals.Out, isSummary ? LsipcFormat.Summary : views[0].Columns);
            if (globals.Json(parsed)) await table.WriteJsonAsync(isSummary ? "ipclimits" : views[0].Name, rows);
            else await table.WriteAsync(rows);
        });
        return command;
    }

    private static async IAsyncEnumerable<string[]> SummaryAsync(
        IReadOnlyList<IObjectView> views, SizeUnit unit,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancelled)
    {
        foreach (var view in views)
        {
            foreach (var row in await view.UsageAsync(unit, cancelled)) yield return row;
        }
    }
}
