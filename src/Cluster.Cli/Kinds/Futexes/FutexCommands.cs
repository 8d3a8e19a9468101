using System.CommandLine.Parsing;
using System.Globalization;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Failures;

namespace Cluster.Cli.Kinds;

/// <summary>futex(2): ipc futex wait, ipc futex wake.</summary>
internal static class FutexCommands
{
    private const string Description = """
        futex(2) on a word of 32 bits of a shared memory segment or POSIX shared memory object.

        Examples:
          ipc futex wait --shmem 0 64 1 --timeout 10s   # while the word at 64 is 1
          ipc futex wake --shmem 0 64 --count 5
          ipc futex wake --posix-shmem /cache 64 --bitset 0x4
        """;

    public static Command Create(Globals globals) =>
        new("futex", Description) { Wait(globals), Wake(globals) };

    private static Command Wait(Globals globals)
    {
        var place = new Place();
        var expected = new Argument<uint>("VALUE")
        {
            Description = "What the word has to be: decimal, or hexadecimal with 0x",
            CustomParser = result => Words.Read<uint>(result, TryWord, "a number of 32 bits such as 1 or 0x40000007"),
        };
        var bitset = Bitset();
        var timeout = CommonOptions.Timeout("");
        var command = new Command(
            "wait", "FUTEX_WAIT: wait for a wake-up if the word is VALUE (else EAGAIN). Example: ipc futex wait --shmem 0 64 1")
        {
            place.Offset, expected, place.Segment, place.Name, bitset, timeout,
        };
        place.AddTo(command);
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            await using var memory = await place.OpenAsync(ipc, parsed, cancelled);
            await memory.Futexes.WaitAsync(
                parsed.GetValue(place.Offset), parsed.GetValue(expected), parsed.GetValue(timeout), parsed.GetValue(bitset),
                cancelled);
        });
        return command;
    }

    private static Command Wake(Globals globals)
    {
        var place = new Place();
        var count = CommonOptions.Number("--count", "How many callers at most [default: 1]", 1, 0, int.MaxValue);
        var bitset = Bitset();
        var command = new Command(
            "wake", "FUTEX_WAKE: wake callers, and print how many. Example: ipc futex wake --shmem 0 64 --count 5")
        {
            place.Offset, place.Segment, place.Name, count, bitset,
        };
        place.AddTo(command);
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            await using var memory = await place.OpenAsync(ipc, parsed, cancelled);
            var woken = await memory.Futexes.WakeAsync(
                parsed.GetValue(place.Offset), parsed.GetValue(count), parsed.GetValue(bitset), cancelled);
            await globals.Out.WriteLineAsync(
                globals.Json(parsed)
                    ? $"{{\"woken\":{woken.ToString(CultureInfo.InvariantCulture)}}}"
                    : woken.ToString(CultureInfo.InvariantCulture));
        });
        return command;
    }

    private static Option<uint> Bitset() => new("--bitset")
    {
        HelpName = "BITS",
        Description = "FUTEX_WAIT_BITSET, FUTEX_WAKE_BITSET: wake-ups and callers that share a bit [default: all bits]",
        DefaultValueFactory = _ => uint.MaxValue,
        CustomParser = result => Words.Read<uint>(result, TryWord, "a number of 32 bits such as 0x4"),
    };

    private static bool TryWord(string text, out uint value) => text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        ? uint.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
        : uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    /// <summary>The options that name a word.</summary>
    private sealed class Place
    {
        public Argument<long> Offset { get; } = new("OFFSET")
        {
            Description = "The word, in bytes from the start of the memory: a multiple of 4",
            CustomParser = result => Words.Number(result, 0L, long.MaxValue),
        };

        public Option<int?> Segment { get; } = CommonOptions.Id("--shmem", "The shared memory segment with the id", "-m");

        public Option<string> Name { get; } = new("--posix-shmem")
        {
            HelpName = "NAME", Description = "The POSIX shared memory object with the name",
        };

        public void AddTo(Command command)
        {
            command.Exclude(Segment, Name);
            command.Validators.Add(result =>
            {
                if (result.GetResult(Segment) is null && result.GetResult(Name) is null)
                    result.AddError($"{command.Name}: {Segment.Name} or {Name.Name} is needed");
            });
        }

        public async Task<ISharedMemory> OpenAsync(IIpcClient ipc, ParseResult parsed, CancellationToken cancelled)
        {
            if (parsed.GetValue(Segment) is { } id)
                return await ipc.SharedMemorySegments.Open(id).AttachAsync(ShmFlags.ReadOnly, cancelled);
            await using var opened = await ipc.PosixSharedMemory.OpenAsync(
                parsed.GetValue(Name)!, OpenFlags.ReadOnly, cancellationToken: cancelled);
            var size = (await opened.StatAsync(cancelled)).Size;
            if (size == 0) throw new IpcException(Errno.EFAULT, "futex");
            return await opened.MapAsync(size, isReadOnly: true, cancellationToken: cancelled);
        }
    }
}
