using System.CommandLine;
using System.Text;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Commands;

/// <summary>msgsnd(2).</summary>
internal static class SendCommand
{
    public static Command Create(Globals globals)
    {
        var id = MsgCommand.Id();
        var text = new Argument<string?>("TEXT")
        {
            Arity = ArgumentArity.ZeroOrOne, Description = "The message [default: --file, or standard input]",
        };
        var type = new Option<long>("--type") { HelpName = "TYPE", DefaultValueFactory = _ => 1, Description = "mtype" };
        var file = new Option<FileInfo?>("--file") { HelpName = "FILE", Description = "Send what the file has" };
        var nowait = new Option<bool>("--nowait") { Description = "EAGAIN rather than wait for room (IPC_NOWAIT)" };
        var timeout = new Option<string?>("--timeout")
        {
            HelpName = "TIME", Description = "How long to wait for room: 500ms, 10s, 2m [default: for ever]",
        };
        var command = new Command("send", "msgsnd(2). Example: ipc msg send 0 --type 3 'hello'")
        {
            id, text, type, file, nowait, timeout,
        };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            TimeSpan? patience = parsed.GetValue(timeout) is { } time ? Parsing.Duration("--timeout", time) : null;
            var bytes = await ReadAsync(parsed.GetValue(text), parsed.GetValue(file), cancelled);
            var queue = ipc.MessageQueues.Open(parsed.GetValue(id));
            if (!parsed.GetValue(nowait)) await queue.SendAsync(parsed.GetValue(type), bytes, patience, cancelled);
            else if (!await queue.TrySendAsync(parsed.GetValue(type), bytes, cancelled))
                throw new IpcException(Errno.EAGAIN, "msgsnd");
        });
        return command;
    }

    private static async Task<byte[]> ReadAsync(string? text, FileInfo? file, CancellationToken cancelled)
    {
        if (text is not null && file is not null) throw new UsageException("msg send: TEXT or --file, not both");
        if (text is not null) return Encoding.UTF8.GetBytes(text);
        try
        {
            await using var input = file?.OpenRead() ?? Console.OpenStandardInput();
            return await ReadAsync(input, cancelled);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"msg send: cannot read {file?.FullName ?? "standard input"}: {exception.Message}");
        }
    }

    // No more than could ever be a message, so that a wrong file is an error and not all the memory.
    private static async Task<byte[]> ReadAsync(Stream input, CancellationToken cancelled)
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (await input.ReadAsync(buffer, cancelled) is > 0 and var count)
        {
            bytes.Write(buffer, 0, count);
            if (bytes.Length > Bounds.MessageBytes)
                throw new UsageException($"msg send: longer than any message can be ({Bounds.MessageBytes} bytes)");
        }

        return bytes.ToArray();
    }
}
