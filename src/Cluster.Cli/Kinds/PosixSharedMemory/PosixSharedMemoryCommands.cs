using System.CommandLine.Parsing;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Output;

namespace Cluster.Cli.Kinds;

/// <summary>shm_open(3), ftruncate(2), pread(2), pwrite(2).</summary>
internal static class PosixSharedMemoryCommands
{
    public static Command Create(Globals globals, Argument<string> name)
    {
        const string description = """
            shm_open(3) with O_CREAT: make an object without bytes, or find the one that has the name. The mode is set
            as it is given: the tool has no umask.

            Examples:
              ipc pshm create /cache --size 64K
              ipc pshm create /cache --mode 0600 --excl
            """;
        var size = new Option<long?>("--size")
        {
            HelpName = "BYTES",
            Description = "Then ftruncate(2) to this size; suffixes: K, M, G ...",
            CustomParser = Size,
        };
        var mode = CommonOptions.Mode();
        var exclusive = new Option<bool>("--excl") { Description = "EEXIST if there is one (O_EXCL)" };
        var isVolatile = CommonOptions.Volatile();
        var command = new Command("create", description) { name, size, mode, exclusive, isVolatile };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            // Without a size an object that exists is only found, and that needs no permission to write.
            var access = parsed.GetValue(size) is null ? OpenFlags.ReadOnly : OpenFlags.ReadWrite;
            var flags = access | OpenFlags.Create | (parsed.GetValue(exclusive) ? OpenFlags.Exclusive : 0);
            var bits = (UnixFileMode)(parsed.GetValue(mode) ?? CommonOptions.DefaultMode);
            await using var memory = await ipc.PosixSharedMemory.OpenAsync(
                parsed.GetValue(name)!, flags, bits, CommonOptions.Lives(parsed, isVolatile), cancelled);
            if (parsed.GetValue(size) is { } bytes) await memory.SetLengthAsync(bytes, cancelled);
            if (!globals.Json(parsed)) return;
            var made = new JsonObject
            {
                ["name"] = NamedKind.WithOneSlash(memory.Name), ["id"] = memory.Description.Id,
            };
            await globals.Out.WriteLineAsync(JsonOutput.Line(made));
        });
        return command;
    }

    public static Command Truncate(Globals globals, Argument<string> name)
    {
        var size = new Argument<long>("BYTES")
        {
            Description = "The size; suffixes: K, M, G ...", CustomParser = result => Size(result) ?? 0,
        };
        const string description = "ftruncate(2): bytes beyond the size are gone, and new bytes are zeros. Example: "
            + "ipc pshm truncate /cache 1M";
        var command = new Command("truncate", description) { name, size };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            await using var memory = await ipc.PosixSharedMemory.OpenAsync(
                parsed.GetValue(name)!, cancellationToken: cancelled);
            await memory.SetLengthAsync(parsed.GetValue(size), cancelled);
        });
        return command;
    }

    public static Command Read(Globals globals, Argument<string> name)
    {
        var offset = Transfer.Offset("object");
        var length = Transfer.Length("object");
        const string description = "pread(2): write bytes of an object to standard output, up to its end. Example: "
            + "ipc pshm read /cache --length 5";
        var command = new Command("read", description) { name, offset, length };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            await using var memory = await ipc.PosixSharedMemory.OpenAsync(
                parsed.GetValue(name)!, OpenFlags.ReadOnly, cancellationToken: cancelled);
            var pieces = ReadAsync(memory, parsed.GetValue(offset), parsed.GetValue(length), cancelled);
            await Transfer.WriteOutAsync(globals, pieces, cancelled);
        });
        return command;
    }

    public static Command Write(Globals globals, Argument<string> name)
    {
        var text = Transfer.Text();
        var offset = Transfer.Offset("object");
        const string description = "pwrite(2): write bytes into an object, which grows if it ends before. Example: "
            + "ipc pshm write /cache --offset 4096 'hello'";
        var command = new Command("write", description) { name, text, offset };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            await using var memory = await ipc.PosixSharedMemory.OpenAsync(
                parsed.GetValue(name)!, OpenFlags.ReadWrite, cancellationToken: cancelled);
            await Transfer.WriteInAsync(
                parsed.GetValue(text), parsed.GetValue(offset), memory.WriteAsync, cancelled);
        });
        return command;
    }

    /// <summary>The bytes from an offset, at most a number of them; null: to the end.</summary>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        IPosixSharedMemoryObject memory, long offset, long? length,
        [EnumeratorCancellation] CancellationToken cancelled)
    {
        // So that a large buffer asks no extents beyond the end.
        var left = Math.Max(0, (await memory.StatAsync(cancelled)).Size - offset);
        var pieces = Transfer.ReadAsync(memory.ReadAsync, offset, Math.Min(left, length ?? left), cancelled);
        await foreach (var piece in pieces) yield return piece;
    }

    // EINVAL of a negative size is the answer of the call.
    private static long? Size(ArgumentResult result) =>
        Words.Read<long>(
            result,
            (string word, out long size) =>
                Parsing.TrySize(word, out size) || long.TryParse(word, CultureInfo.InvariantCulture, out size),
            "a size such as 4096, 64K or 1.5M");
}
