using System.Runtime.CompilerServices;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Kinds;
using Cluster.Cli.Output;

namespace Cluster.Cli.UtilLinux;

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
        var options = new KindOptions();
        var bytes = new Option<bool>("--bytes", "-b") { Description = "Sizes in bytes rather than as 15.8K" };
        var command = new UtilLinuxCommand("lsipc", Description) { bytes };
        options.AddTo(command);
        var names = string.Join(' ', CliKinds.By(order => order.Made).Select(kind => $"--{kind.Names.Option}s"));
        command.Validators.Add(result =>
        {
            if (options.Count(result.GetValue) > 1) result.AddError($"lsipc: mutually exclusive arguments: {names}");
        });
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var unit = parsed.GetValue(bytes) ? SizeUnit.Bytes : SizeUnit.Human;
            var viewer = new Viewer(ipc, unit, globals.Time.GetUtcNow());
            var kinds = options.Kinds(parsed);
            var isSummary = options.Count(parsed.GetValue) == 0;
            var rows = isSummary ? SummaryAsync(kinds, viewer, cancelled) : kinds[0].CellsAsync(viewer, cancelled);
            var table = new LsipcTable(globals.Out, isSummary ? LsipcFormat.Summary : kinds[0].Columns);
            if (!globals.Json(parsed)) await table.WriteAsync(rows);
            else await table.WriteJsonAsync(isSummary ? "ipclimits" : kinds[0].Names.JsonName, rows);
        });
        return command;
    }

    private static async IAsyncEnumerable<string[]> SummaryAsync(
        IReadOnlyList<CliKind> kinds, Viewer viewer, [EnumeratorCancellation] CancellationToken cancelled)
    {
        foreach (var kind in kinds)
        {
            foreach (var row in await kind.UsageAsync(viewer, cancelled)) yield return row;
        }
    }
}
