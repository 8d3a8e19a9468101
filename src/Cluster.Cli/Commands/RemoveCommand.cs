using System.CommandLine;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Commands;

/// <summary>ipcrm(1), with its words and exit codes: what can be removed is, the rest is told.</summary>
internal static class RemoveCommand
{
    private const int RemovedAtOnce = 64;

    private const string Description = """
        Remove IPC objects, as ipcrm(1) does.

        Examples:
          ipc ipcrm -q 0 -q 1
          ipc ipcrm -Q 0x2a
          ipc ipcrm --all=msg
        """;

    public static Command Create(Globals globals)
    {
        var ids = new Option<int[]>("--queue-id", "-q")
        {
            HelpName = "ID",
            Description = "Remove the queue with this id; may be repeated",
            AllowMultipleArgumentsPerToken = true,
            CustomParser = result => Words.Numbers(result, 0, int.MaxValue),
        };
        var keys = new Option<int[]>("--queue-key", "-Q")
        {
            HelpName = "KEY",
            Description = "Remove the queue with this key; may be repeated",
            AllowMultipleArgumentsPerToken = true,
            CustomParser = result => Words.ReadAll<int>(result, TryKey, "a key such as 42 or 0x2a (0 is none)"),
        };
        var all = new Option<string?>("--all", "-a")
        {
            HelpName = "msg",
            Description = "Remove all queues of the namespace that the user may remove",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new Command("ipcrm", Description) { ids, keys, all };
        command.Validators.Add(result =>
        {
            if (result.GetResult(all) is not null && result.GetValue(all) is not (null or "" or "msg"))
                result.AddError($"--all: '{result.GetValue(all)}' is no kind of object; there is: msg");
            if (result.GetResult(ids) is null && result.GetResult(keys) is null && result.GetResult(all) is null)
                result.AddError("ipcrm: say what to remove: -q ID, -Q KEY or --all=msg");
        });
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var removal = new Removal(ipc, globals.Error, cancelled);
            foreach (var id in parsed.GetValue(ids) ?? []) await removal.RemoveAsync(id);
            foreach (var key in parsed.GetValue(keys) ?? []) await removal.RemoveKeyAsync(key);
            if (parsed.GetResult(all) is not null) await removal.RemoveAllAsync();
            if (removal.HasFailed) throw new FailedException(null);
        });
        return command;
    }

    private static bool TryKey(string text, out int key) =>
        Parsing.TryKey(text, out key) && key != IpcFlags.IPC_PRIVATE;

    private sealed class Removal(IIpcClient ipc, TextWriter error, CancellationToken cancelled)
    {
        private volatile bool _hasFailed;

        public bool HasFailed => _hasFailed;

        public Task RemoveAsync(int id) =>
            TryAsync("id", id.ToString(System.Globalization.CultureInfo.InvariantCulture), () =>
                ipc.MessageQueues.Open(id).RemoveAsync(cancelled));

        public Task RemoveKeyAsync(int key) => TryAsync("key", $"0x{key:x}", async () =>
        {
            var queue = await ipc.MessageQueues.GetAsync(key, 0, false, cancelled);
            await queue.RemoveAsync(cancelled);
        });

        public Task RemoveAllAsync() => Parallel.ForEachAsync(
            ipc.MessageQueues.ListAsync(cancelled),
            new ParallelOptions { MaxDegreeOfParallelism = RemovedAtOnce, CancellationToken = cancelled },
            async (entry, _) => await RemoveAsync(entry.Id));

        private async Task TryAsync(string kind, string what, Func<Task> remove)
        {
            try
            {
                await remove();
            }
            catch (IpcException exception) when (Describe(exception.Errno) is { } text)
            {
                _hasFailed = true;
                await error.WriteLineAsync($"ipcrm: {text} {kind} ({what})");
            }
        }

        // Anything else ends the command.
        private static string? Describe(Errno errno) => errno switch
        {
            Errno.EACCES or Errno.EPERM => "permission denied for",
            Errno.EINVAL or Errno.ENOENT => "invalid",
            Errno.EIDRM => "already removed",
            _ => null,
        };
    }
}
