using System.CommandLine;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Commands;

/// <summary>ipcrm(1).</summary>
internal static class RemoveCommand
{
    public static Command Create(Globals globals)
    {
        var ids = new Option<int[]>("-q", "--queue-id")
        {
            HelpName = "ID", Description = "Remove the queue with this id; may be repeated", AllowMultipleArgumentsPerToken = true,
        };
        var keys = new Option<string[]>("-Q", "--queue-key")
        {
            HelpName = "KEY", Description = "Remove the queue with this key", AllowMultipleArgumentsPerToken = true,
        };
        var all = new Option<string?>("-a", "--all")
        {
            HelpName = "msg", Description = "Remove all queues of the namespace", Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new Command("ipcrm", "Remove IPC objects, as ipcrm(1) does. Example: ipc ipcrm -q 0")
        {
            ids, keys, all,
        };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var everything = parsed.GetResult(all) is not null;
            if (everything && parsed.GetValue(all) is not (null or "" or "msg"))
                throw new UsageException($"ipcrm: --all: '{parsed.GetValue(all)}' is no kind of object; there is: msg");
            var (given, named) = (parsed.GetValue(ids) ?? [], parsed.GetValue(keys) ?? []);
            if (!everything && given.Length == 0 && named.Length == 0)
                throw new UsageException("ipcrm: say what to remove: -q ID, -Q KEY or --all=msg");
            var failed = false;
            foreach (var id in given) failed |= !await TryAsync(globals, ipc, id, $"id ({id})", cancelled);
            foreach (var key in named) failed |= !await TryKeyAsync(globals, ipc, key, cancelled);
            if (everything)
            {
                await foreach (var entry in ipc.MessageQueues.ListAsync(cancelled))
                    failed |= !await TryAsync(globals, ipc, entry.Id, $"id ({entry.Id})", cancelled);
            }

            if (failed) throw new FailedQuietly();
        });
        return command;
    }

    private static async Task<bool> TryKeyAsync(
        Globals globals, IIpcClient ipc, string text, CancellationToken cancelled)
    {
        try
        {
            var key = Parsing.Key("-Q", text);
            if (key == IpcFlags.IPC_PRIVATE) throw new UsageException($"ipcrm: illegal key ({text})");
            var queue = await ipc.MessageQueues.GetAsync(key, 0, false, cancelled);
            return await TryAsync(globals, ipc, queue.Id, $"key ({text})", cancelled);
        }
        catch (IpcException exception)
        {
            return await SayAsync(globals, exception, $"key ({text})");
        }
    }

    private static async Task<bool> TryAsync(
        Globals globals, IIpcClient ipc, int id, string what, CancellationToken cancelled)
    {
        try
        {
            await ipc.MessageQueues.Open(id).RemoveAsync(cancelled);
            return true;
        }
        catch (IpcException exception) when (exception is not IpcSessionLostException)
        {
            return await SayAsync(globals, exception, what);
        }
    }

    private static async Task<bool> SayAsync(Globals globals, IpcException exception, string what)
    {
        var text = exception.Errno switch
        {
            Errno.EACCES or Errno.EPERM => $"permission denied for {what}",
            Errno.EINVAL or Errno.ENOENT => $"invalid {what}",
            Errno.EIDRM => $"already removed {what}",
            _ => exception.Message,
        };
        await globals.Error.WriteLineAsync($"ipcrm: {text}");
        return false;
    }
}
