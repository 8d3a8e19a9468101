using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Cluster.Cli.CommandLine;
using SocketShutdown = System.Net.Sockets.SocketShutdown;

namespace Cluster.Cli.Kinds;

/// <summary>
/// listen(2), connect(2) and accept(2) between a socket and the standard input and output, as socat(1) and nc(1).
/// </summary>
internal static class SocketCommands
{
    private const int PieceBytes = 64 * 1024;

    public const string NameHelp =
        "The socket's name: a path such as /run/orders, or @ and an abstract name; up to 107 bytes";

    /// <summary>ipc listen and ipc connect.</summary>
    public static IEnumerable<Command> Short(Globals globals) =>
        [Listen(globals, "ipc listen"), Connect(globals, "ipc connect"), SsCommand.Create(globals)];

    public static Command Listen(Globals globals, string prefix)
    {
        var description = $"""
            bind(2), listen(2) and accept(2) of one connection. What comes goes to standard output, and standard input goes to
            the connection; its end shuts the sending direction down. The command ends when both directions are at their end, or
            when the other end is closed. It unlinks a path that it has bound, as socat(1) does.

            Examples:
              {prefix} /run/orders > orders
              producer | {prefix} @orders
            """;
        var name = Name();
        var (type, isVolatile) = (Type(), CommonOptions.Volatile());
        var mode = CommonOptions.Mode();
        var command = new Command("listen", description) { name, type, mode, isVolatile };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var bound = parsed.GetValue(name)!;
            var options = new SocketListenOptions
            {
                Type = parsed.GetValue(type), Durability = CommonOptions.Lives(parsed, isVolatile), Backlog = 1,
            };
            if (parsed.GetValue(mode) is { } given) options = options with { Mode = (UnixFileMode)given };
            await using var listener = await ipc.Sockets.ListenAsync(bound, options, cancelled);
            try
            {
                await using var socket = await listener.AcceptAsync(cancellationToken: cancelled);
                await CopyAsync(globals, socket, cancelled);
            }
            finally
            {
                if (!SocketName.IsAbstract(bound)) await ipc.Sockets.UnlinkAsync(bound, CancellationToken.None);
            }
        });
        return command;
    }

    public static Command Connect(Globals globals, string prefix)
    {
        var description = $"""
            connect(2). Standard input goes to the connection; its end shuts the sending direction down. What comes goes to
            standard output. The command ends when both directions are at their end, or when the other end is closed.

            Examples:
              producer | {prefix} /run/orders
              {prefix} @orders --timeout 10s
            """;
        var name = Name();
        var (type, isVolatile) = (Type(), CommonOptions.Volatile());
        var timeout = CommonOptions.Timeout("a place in the backlog");
        var command = new Command("connect", description) { name, type, timeout, isVolatile };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var options = new SocketOptions
            {
                Type = parsed.GetValue(type), Durability = CommonOptions.Lives(parsed, isVolatile),
            };
            await using var socket = await ipc.Sockets.ConnectAsync(
                parsed.GetValue(name)!, options, parsed.GetValue(timeout), cancelled);
            await CopyAsync(globals, socket, cancelled);
        });
        return command;
    }

    private static Argument<string> Name() => new("NAME") { Description = NameHelp };

    private static Option<SocketType> Type()
    {
        var type = new Option<SocketType>("--type")
        {
            HelpName = "TYPE",
            Description = "stream or seqpacket",
            DefaultValueFactory = _ => SocketType.Stream,
            CustomParser = result =>
            {
                if (result.Tokens is [{ Value: "stream" }]) return SocketType.Stream;
                if (result.Tokens is [{ Value: "seqpacket" }]) return SocketType.Seqpacket;
                result.AddError("--type takes stream or seqpacket");
                return SocketType.Stream;
            },
        };
        return type;
    }

    // Each direction goes to its end: the other one may have shut down its own. If the other end is closed, nobody reads any
    // more, and standard input may wait for ever: then this ends, unless there are bytes that cannot be sent, which is EPIPE.
    private static async Task CopyAsync(Globals globals, ISocketConnection socket, CancellationToken cancelled)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        var unsent = new StrongBox<int>();
        var sending = Task.Run(() => SendAsync(globals, socket, unsent, ended.Token), CancellationToken.None);
        var receiving = Transfer.WriteOutAsync(globals, ReceiveAsync(socket, ended.Token), cancelled);
        try
        {
            if (await Task.WhenAny(sending, receiving) == sending) await sending;
            await receiving;
            var closed = socket.PollAsync(PollEvents.HangUp, null, ended.Token);
            var isOver = await Task.WhenAny(sending, closed) == closed && Volatile.Read(ref unsent.Value) == 0
                && !globals.IsInputReady();
            await (isOver ? closed : sending);
        }
        finally
        {
            await ended.CancelAsync();
            _ = sending.ContinueWith(static task => task.Exception, TaskScheduler.Default);
        }
    }

    private static async Task SendAsync(
        Globals globals, ISocketConnection socket, StrongBox<int> unsent, CancellationToken cancelled)
    {
        await foreach (var bytes in Transfer.StandardInputAsync(globals, cancelled))
        {
            for (var rest = bytes; rest.Length > 0;)
            {
                Volatile.Write(ref unsent.Value, rest.Length);
                rest = rest[await socket.SendAsync(rest, null, cancelled)..];
            }

            Volatile.Write(ref unsent.Value, 0);
        }

        await socket.ShutdownAsync(SocketShutdown.Send, cancelled);
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReceiveAsync(
        ISocketConnection socket, [EnumeratorCancellation] CancellationToken cancelled)
    {
        var buffer = new byte[Math.Max(PieceBytes, Bounds.SocketBytes)];
        while (await socket.ReceiveAsync(buffer, ReceiveFlags.None, null, cancelled) is var count and > 0)
            yield return buffer.AsMemory(0, count);
    }
}
