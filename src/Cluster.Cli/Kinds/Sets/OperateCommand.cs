using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;
using Cluster.Cli.Output;

namespace Cluster.Cli.Kinds;

/// <summary>semop(2), semtimedop(2).</summary>
internal static class OperateCommand
{
    private const string Description = """
        semop(2): perform operations, all or none; waits until they can be performed. Prints the set's revision, a
        fencing token. Each is NUMBER:AMOUNT; AMOUNT is positive to add, negative to take, 0 to wait for zero.

        Without --undo, what is taken stays taken when this command ends. With --undo (SEM_UNDO) the operations are
        undone when the process ends, which is this command: so give it a COMMAND to run meanwhile, as for flock(1).
        They are undone as well if this command is killed, or is cut off for longer than its lease of 30 s. COMMAND
        finds the revision in IPC_REVISION; its exit code becomes that of this command (126: it cannot be run, 127:
        there is none).

        Examples:
          ipc sem op 0 0:+1
          ipc sem op 0 0:-1 1:-2 --timeout 10s
          ipc sem op 0 0:0 --nowait
          ipc sem op 0 0:-1 --undo -- make install
        """;

    private const string Expected = "an operation such as 0:-1";

    public static Command Create(Globals globals, Argument<int> id)
    {
        var operations = new Argument<SemaphoreOperation[]>("NUMBER:AMOUNT")
        {
            Arity = ArgumentArity.OneOrMore,
            Description = "The operations, in their order",
            CustomParser = Read,
        };
        var words = new Argument<string[]>("COMMAND")
        {
            Arity = ArgumentArity.ZeroOrMore, Description = "With --undo: runs while the operations hold",
        };
        var undo = new Option<bool>("--undo") { Description = "Undo the operations at the end (SEM_UNDO)" };
        var nowait = new Option<bool>("--nowait") { Description = "EAGAIN rather than wait (IPC_NOWAIT)" };
        var timeout = CommonOptions.Timeout("");
        var command = new Command("op", Description) { id, operations, words, nowait, timeout, undo };
        command.Exclude(nowait, timeout);
        globals.RunAlone(command, async (parsed, cancelled) =>
        {
            var held = parsed.GetValue(words)!;
            if (held.Length > 0 && !parsed.GetValue(undo))
                throw new UsageException($"NUMBER:AMOUNT: '{held[0]}' is not {Expected}, and a COMMAND needs --undo");
            await using var ipc = await globals.Connect(globals.Options(parsed), cancelled);
            var flags = (parsed.GetValue(nowait) ? SemFlags.NoWait : SemFlags.None)
                | (parsed.GetValue(undo) ? SemFlags.Undo : SemFlags.None);
            var all = parsed.GetValue(operations)!.Select(operation => operation with { Flags = flags });
            var set = ipc.SemaphoreSets.Open(parsed.GetValue(id));
            var revision = await set.OperateAsync([.. all], parsed.GetValue(timeout), cancelled);
            if (held.Length > 0)
                await new HeldCommand(globals, ipc, "sem op").RunAsync(held, revision, cancelled);
            else await globals.Out.WriteLineAsync(globals.Json(parsed)
                ? JsonOutput.Line(new JsonObject { ["revision"] = revision })
                : revision.ToString(CultureInfo.InvariantCulture));
        });
        return command;
    }

    // The operations end where the command begins.
    private static SemaphoreOperation[] Read(ArgumentResult result)
    {
        var operations = new List<SemaphoreOperation>();
        foreach (var token in result.Tokens)
        {
            if (!TryOperation(token.Value, out var operation)) break;
            operations.Add(operation);
        }

        if (operations.Count == 0) result.AddError($"NUMBER:AMOUNT: '{result.Tokens[0].Value}' is not {Expected}");
        else if (operations.Count < result.Tokens.Count) result.OnlyTake(operations.Count);
        return [.. operations];
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
