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
          ipc trace --object mq:/jobs
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
                var frames = await options.BeginAsync(ipc, parsed, cancelled);
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
        private const string Examples = "msg:3, sem:0, shm:5, mq:/jobs, psem:/gate";

        private readonly Option<int?> _pid = new("--pid", "-p")
        {
            HelpName = "PID",
            Description = "The process",
            CustomParser = result => Words.Number(result, 1, int.MaxValue),
        };

        private readonly Option<TracedObject?> _object = new("--object")
        {
            HelpName = "KIND:ID|NAME",
            Description = $"The object: {Examples}",
            CustomParser = result => Words.Read<TracedObject>(result, TryObject, $"an object such as {Examples}"),
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

        public async Task<IAsyncEnumerable<IpcTraceFrame>> BeginAsync(
            IIpcClient ipc, ParseResult parsed, CancellationToken cancelled)
        {
            if (parsed.GetValue(_pid) is { } pid) return ipc.TraceProcessAsync(pid, cancelled);
            var traced = Object(parsed);
            var id = traced.Name is null ? traced.Id : await FindAsync(ipc, traced, cancelled);
            return ipc.TraceObjectAsync((IpcObjectKind)traced.Kind.Kind, id, cancelled);
        }

        public string Describe(ParseResult parsed) =>
            parsed.GetValue(_pid) is { } pid ? $"process {pid}" : Object(parsed).ToString();

        private TracedObject Object(ParseResult parsed)
        {
            if (parsed.GetValue(_object) is { } named) return named;
            var (kind, id) = _ids.Find(parsed)!.Value;
            return new TracedObject(kind, id);
        }

        private static async Task<int> FindAsync(IIpcClient ipc, TracedObject traced, CancellationToken cancelled) =>
            await ((NamedKind)traced.Kind).FindAsync(ipc, traced.Name!, cancelled) is { } found
                ? found.Entry.Id
                : throw new IpcException(Errno.ENOENT, "trace");

        private static bool TryObject(string text, out TracedObject value)
        {
            value = default;
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0 || CliKinds.Find(text[..colon]) is not { } kind) return false;
            var rest = text[(colon + 1)..];
            var isNumber = int.TryParse(rest, NumberStyles.None, CultureInfo.InvariantCulture, out var id);
            value = new TracedObject(kind, id, isNumber ? null : rest);
            return isNumber || (kind is NamedKind && rest.StartsWith('/'));
        }
    }

    /// <summary>The object on the command line.</summary>
    /// <param name="Kind">Its kind.</param>
    /// <param name="Id">Its id, if it has no name here.</param>
    /// <param name="Name">Its name; null: it is known by its id.</param>
    private readonly record struct TracedObject(CliKind Kind, int Id, string? Name = null)
    {
        public override string ToString() =>
            string.Create(CultureInfo.InvariantCulture, $"{Kind.Names.Word}:{Name ?? $"{Id}"}");
    }
}
