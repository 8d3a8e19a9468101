using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Output;

namespace Cluster.Cli.Kinds;

/// <summary>semop(2), semtimedop(2).</summary>
internal static class OperateCommand
{
    private const string Description = """
        semop(2): perform operations, all or none; waits until they can be performed. Prints the set's revision, a
        fencing token. Each is NUMBER:AMOUNT; AMOUNT is positive to add, negative to take, 0 to wait for zero. What is
        taken is not given back when this command ends.

        Examples:
          ipc sem op 0 0:+1
          ipc sem op 0 0:-1 1:-2 --timeout 10s
          ipc sem op 0 0:0 --nowait
        """;

    public static Command Create(Globals globals, Argument<int> id)
    {
        var operations = new Argument<SemaphoreOperation[]>("NUMBER:AMOUNT")
        {
            Arity = ArgumentArity.OneOrMore,
            Description = "The operations, in their order",
            CustomParser = result =>
                Words.ReadAll<SemaphoreOperation>(result, TryOperation, "an operation such as 0:-1"),
        };
        var nowait = new Option<bool>("--nowait") { Description = "EAGAIN rather than wait (IPC_NOWAIT)" };
        var timeout = CommonOptions.Timeout("");
        var command = new Command("op", Description) { id, operations, nowait, timeout };
        command.Exclude(nowait, timeout);
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var flags = parsed.GetValue(nowait) ? SemFlags.NoWait : SemFlags.None;
            var all = parsed.GetValue(operations)!.Select(operation => operation with { Flags = flags });
            var set = ipc.SemaphoreSets.Open(parsed.GetValue(id));
            var revision = await set.OperateAsync([.. all], parsed.GetValue(timeout), cancelled);
            await globals.Out.WriteLineAsync(globals.Json(parsed)
                ? JsonOutput.Line(new JsonObject { ["revision"] = revision })
                : revision.ToString(CultureInfo.InvariantCulture));
        });
        return command;
    }

    private static bool TryOperation(string text, out SemaphoreOperation operation)
    {
        var parts = text.Split(':');
        operation = default;
        if (parts.Length != 2
            || !ushort.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || !short.TryParse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var amount))
            return false;
        operation = new SemaphoreOperation(number, amount);
        return true;
    }
}
