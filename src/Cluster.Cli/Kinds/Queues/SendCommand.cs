using System.Text;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;

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
        var text = new Argument<string?>("TEXT")
        {
            Arity = ArgumentArity.ZeroOrOne, Description = "The message [default: --file, or standard input]",
        };
        var type = new Option<long>("--type")
        {
            HelpName = "TYPE",
            Description = "The message's type (mtype), above 0",
            DefaultValueFactory = _ => 1,
            CustomParser = result => Words.Number(result, long.MinValue, long.MaxValue),
        };
        var file = new Option<FileInfo?>("--file") { HelpName = "FILE", Description = "Send what the file has" };
        var nowait = new Option<bool>("--nowait") { Description = "EAGAIN rather than wait for room (IPC_NOWAIT)" };
        var timeout = CommonOptions.Timeout(" for room");
        var command = new Command("send", Description) { id, text, type, file, nowait, timeout };
        command.Exclude(nowait, timeout);
        command.Validators.Add(result =>
        {
            if (result.GetValue(text) is not null && result.GetResult(file) is not null)
                result.AddError("send: TEXT or --file, not both");
        });
        globals.RunAlone(command, async (parsed, cancelled) =>
        {
            // Before the connection, so that no process of the cluster is kept alive while a user types.
            var bytes = await ReadAsync(parsed.GetValue(text), parsed.GetValue(file), cancelled);
            await using var ipc = await globals.Connect(globals.Options(parsed), cancelled);
            var queue = ipc.MessageQueues.Open(parsed.GetValue(id));
            if (!parsed.GetValue(nowait))
                await queue.SendAsync(parsed.GetValue(type), bytes, parsed.GetValue(timeout), cancelled);
            else if (!await queue.TrySendAsync(parsed.GetValue(type), bytes, cancelled))
                throw new IpcException(Errno.EAGAIN, "msgsnd");
        });
        return command;
    }

    private static async Task<byte[]> ReadAsync(string? text, FileInfo? file, CancellationToken cancelled)
    {
        if (text is not null) return Encoding.UTF8.GetBytes(text);
        if (file is not null && Directory.Exists(file.FullName))
            throw new FailedException($"send: cannot read {file.FullName}: it is a directory, and a file is needed");
        try
        {
            await using var input = file?.OpenRead() ?? Console.OpenStandardInput();
            // A read of a terminal or pipe cannot be cancelled. An interrupted command leaves it running and ends.
            return await Task.Run(() => ReadAsync(input), cancelled).WaitAsync(cancelled);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FailedException($"send: cannot read {file?.FullName ?? "standard input"}: {exception.Message}");
        }
    }

    // Stops at the size of the largest message, so that a huge file is an error and does not fill the memory.
    private static async Task<byte[]> ReadAsync(Stream input)
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (await input.ReadAsync(buffer) is > 0 and var count)
        {
            bytes.Write(buffer, 0, count);
            if (bytes.Length > Bounds.MessageBytes)
                throw new FailedException($"send: longer than any message can be ({Bounds.MessageBytes} bytes)");
        }

        return bytes.ToArray();
    }
}
