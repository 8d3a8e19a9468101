using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Cluster.Cli.Output;
using Cluster.Cli.Output.Strace;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Commands;

/// <summary>strace(1) for the calls of the cluster.</summary>
internal static class TraceCommand
{
    private const string Description = """
        Show calls, results and wake-ups as they happen, as strace(1) does: of a process, or on an object. For uid 0,
        and for the user of the process or the owner of the object.

        Examples:
          ipc trace --pid 7
          ipc trace --object msg:3 -n 10
          ipc trace -s 0 --json
        """;

    private static readonly Dictionary<string, IpcObjectKind> Kinds = new()
    {
        ["msg"] = IpcObjectKind.MessageQueue,
        ["sem"] = IpcObjectKind.SemaphoreSet,
        ["shm"] = IpcObjectKind.SharedMemorySegment,
    };

    public static Command Create(Globals globals)
    {
        var options = new TraceOptions();
        var command = new Command("trace", Description);
        options.AddTo(command);
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            try
            {
                var frames = options.Begin(ipc, parsed, cancelled);
                var left = parsed.GetValue(options.Count) ?? long.MaxValue;
                await ShowAsync(globals, frames, options.Describe(parsed), left, globals.Json(parsed));
            }
            catch (OperationCanceledException) when (cancelled.IsCancellationRequested)
            {
                // The ordinary end of a trace.
            }
        });
        return command;
    }

    private static async Task ShowAsync(
        Globals globals, IAsyncEnumerable<IpcTraceFrame> frames, string what, long left, bool json)
    {
        var formatter = new TraceFormatter();
        var word = "traced";
        await foreach (var frame in frames)
        {
            if (frame.Started)
            {
                await globals.Error.WriteLineAsync($"ipc: {what} is {word}");
                word = "traced again: lines may be missing";
            }

            foreach (var news in frame.Wire.Events)
            {
                var line = json
                    ? formatter.Json(news) is { } node ? JsonOutput.Line(node) : null
                    : formatter.Line(news);
                if (line is null) continue;
                await globals.Out.WriteLineAsync(line);
                if (--left > 0) continue;
                await globals.Out.FlushAsync();
                return;
            }

            await globals.Out.FlushAsync();
        }
    }

    private sealed class TraceOptions
    {
        private readonly Option<int?> _pid = new("--pid", "-p")
        {
            HelpName = "PID",
            Description = "The process",
            CustomParser = result => Words.Number(result, 1, int.MaxValue),
        };

        private readonly Option<(IpcObjectKind Kind, int Id)?> _object = new("--object")
        {
            HelpName = "KIND:ID",
            Description = "The object: msg:3, sem:0 or shm:5",
            CustomParser = result =>
                Words.Read<(IpcObjectKind, int)>(result, TryObject, "an object such as msg:3, sem:0 or shm:5"),
        };

        private readonly Dictionary<IpcObjectKind, Option<int?>> _ids = new()
        {
            [IpcObjectKind.MessageQueue] = Id("--queue-id", "-q", "The message queue with this id"),
            [IpcObjectKind.SemaphoreSet] = Id("--semaphore-id", "-s", "The semaphore set with this id"),
            [IpcObjectKind.SharedMemorySegment] = Id("--shmem-id", "-m", "The shared memory segment with this id"),
        };

        public Option<long?> Count { get; } = new("--count", "-n")
        {
            HelpName = "COUNT",
            Description = "Stop after so many lines",
            CustomParser = result => Words.Number(result, 1, long.MaxValue),
        };

        private IEnumerable<Option> Choices => [_pid, _object, .. _ids.Values];

        public void AddTo(Command command)
        {
            foreach (var option in Choices) command.Add(option);
            command.Add(Count);
            command.Validators.Add(result =>
            {
                if (Choices.Count(each => result.GetResult(each) is { Implicit: false }) != 1)
                    result.AddError(
                        "trace: say what to trace, one of --pid PID, --object KIND:ID, -q ID, -s ID and -m ID");
            });
        }

        public IAsyncEnumerable<IpcTraceFrame> Begin(IIpcClient ipc, ParseResult parsed, CancellationToken cancelled)
        {
            if (parsed.GetValue(_pid) is { } pid) return ipc.TraceProcessAsync(pid, cancelled);
            var (kind, id) = Object(parsed);
            return ipc.TraceObjectAsync(kind, id, cancelled);
        }

        public string Describe(ParseResult parsed)
        {
            if (parsed.GetValue(_pid) is { } pid) return $"process {pid}";
            var (kind, id) = Object(parsed);
            return $"{Kinds.First(each => each.Value == kind).Key}:{id}";
        }

        private (IpcObjectKind Kind, int Id) Object(ParseResult parsed)
        {
            if (parsed.GetValue(_object) is { } chosen) return chosen;
            var (kind, option) = _ids.First(each => parsed.GetValue(each.Value) is not null);
            return (kind, parsed.GetValue(option)!.Value);
        }

        private static Option<int?> Id(string name, string alias, string description) => new(name, alias)
        {
            HelpName = "ID",
            Description = description,
            CustomParser = result => Words.Number(result, 0, int.MaxValue),
        };

        private static bool TryObject(string text, out (IpcObjectKind, int) value)
        {
            value = default;
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0 || !Kinds.TryGetValue(text[..colon], out var kind)) return false;
            if (!int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                return false;
            value = (kind, id);
            return true;
        }
    }
}
