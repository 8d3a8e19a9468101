using Cluster.Cli.CommandLine;

namespace Cluster.Cli.Kinds;

/// <summary>msgsnd(2).</summary>
internal static class SendCommand
{
    private const string Description = """
        msgsnd(2): send a message; waits while the queue is full.

        Examples:
          ipc msg send 0 --type 3 'hello'
          ipc msg send 0 -- '-text that begins with a dash'
          date | ipc msg send 0 --timeout 10s
        """;

    public static Command Create(Globals globals, Argument<int> id)
    {
        var text = new TextSource();
        var type = new Option<long>("--type")
        {
            HelpName = "TYPE",
            Description = "The message's type (mtype), above 0",
            DefaultValueFactory = _ => 1,
            CustomParser = result => Words.Number(result, long.MinValue, long.MaxValue),
        };
        var nowait = new Option<bool>("--nowait") { Description = "EAGAIN rather than wait for room (IPC_NOWAIT)" };
        var timeout = CommonOptions.Timeout(" for room");
        var command = new Command("send", Description) { id, type, nowait, timeout };
        text.AddTo(command);
        command.Exclude(nowait, timeout);
        globals.RunAlone(command, async (parsed, cancelled) =>
        {
            // Before the connection, so that no process of the cluster is kept alive while a user types.
            var bytes = await text.ReadAsync(parsed, cancelled);
            await using var ipc = await globals.Connect(globals.Options(parsed), cancelled);
            var queue = ipc.MessageQueues.Open(parsed.GetValue(id));
            if (!parsed.GetValue(nowait))
                await queue.SendAsync(parsed.GetValue(type), bytes, parsed.GetValue(timeout), cancelled);
            else if (!await queue.TrySendAsync(parsed.GetValue(type), bytes, cancelled))
                throw new IpcException(Errno.EAGAIN, "msgsnd");
        });
        return command;
    }
}
