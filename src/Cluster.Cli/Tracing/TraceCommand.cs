using System.CommandLine.Parsing;
using System.Globalization;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Kinds;
using Cluster.Cli.Output;

namespace Cluster.Cli.Tracing;

/// <summary>strace(1) for the calls to the cluster.</summary>
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
                // An interrupt is the ordinary end of a trace.
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

        private readonly Option<(CliKind Kind, int Id)?> _object = new("--object")
        {
            HelpName = "KIND:ID",
            Description = "The object: msg:3, sem:0 or shm:5",
            CustomParser = result =>
                Words.Read<(CliKind, int)>(result, TryObject, "an object such as msg:3, sem:0 or shm:5"),
        };

        private readonly ObjectOptions _ids = new();

        public Option<long?> Count { get; } = new("--count", "-n")
        {
            HelpName = "COUNT",
            Description = "Stop after so many lines",
            CustomParser = result => Words.Number(result, 1, long.MaxValue),
        };

        public void AddTo(Command command)
        {
            command.Add(_pid);
            command.Add(_object);
            _ids.AddTo(command);
            command.Add(Count);
            string[] choices =
                ["--pid PID", "--object KIND:ID", .. CliKinds.All.Select(kind => $"-{kind.Names.Letter} ID")];
            command.Validators.Add(result =>
            {
                var others = new Option[] { _pid, _object };
                var given = others.Count(each => result.GetResult(each) is { Implicit: false });
                if (given + _ids.Given(result).Count != 1)
                    result.AddError($"trace: say what to trace, one of {Words.List(choices, "and")}");
            });
        }

        public IAsyncEnumerable<IpcTraceFrame> Begin(IIpcClient ipc, ParseResult parsed, CancellationToken cancelled)
        {
            if (parsed.GetValue(_pid) is { } pid) return ipc.TraceProcessAsync(pid, cancelled);
            var (kind, id) = Object(parsed);
            return ipc.TraceObjectAsync((IpcObjectKind)kind.Kind, id, cancelled);
        }

        public string Describe(ParseResult parsed)
        {
            if (parsed.GetValue(_pid) is { } pid) return $"process {pid}";
            var (kind, id) = Object(parsed);
            return $"{kind.Names.Word}:{id}";
        }

        private (CliKind Kind, int Id) Object(ParseResult parsed) =>
            parsed.GetValue(_object) ?? _ids.Find(parsed)!.Value;

        private static bool TryObject(string text, out (CliKind, int) value)
        {
            value = default;
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0 || CliKinds.Find(text[..colon]) is not { } kind) return false;
            if (!int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                return false;
            value = (kind, id);
            return true;
        }
    }
}
