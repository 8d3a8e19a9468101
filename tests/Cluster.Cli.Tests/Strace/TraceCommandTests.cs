using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Tests.Strace;

public sealed class TraceCommandTests
{
    private readonly Tool _tool = new();

    [Theory]
    [InlineData("trace --pid 7", "process 7")]
    [InlineData("trace --object msg:3", "MessageQueue 3")]
    [InlineData("trace -s 0", "SemaphoreSet 0")]
    [InlineData("trace --object shm:5", "SharedMemory 5")]
    [InlineData("trace --object mq:4", "Mqueue 4")]
    [InlineData("trace -Q 4", "Mqueue 4")]
    [InlineData("trace --object psem:4", "PosixSemaphore 4")]
    [InlineData("trace -S 4", "PosixSemaphore 4")]
    public async Task Trace_follows_the_given_targets(string line, string what)
    {
        var asked = "";
        _tool.Trace = request =>
        {
            asked = request.Object is { } target ? $"{target.Kind} {target.Id}" : $"process {request.Process}";
            return FramesAsync(new TraceFrame { Started = true }, Drops(1), new TraceFrame { End = new TraceEnd() });
        };
        Assert.Equal(0, await _tool.RunAsync(line));
        Assert.Equal(what, asked);
        Assert.Contains("1 lines dropped", _tool.Output, StringComparison.Ordinal);
        Assert.Contains("is traced", _tool.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trace_finds_an_object_by_its_name()
    {
        await _tool.Ipc.PosixMessageQueues.OpenAsync("/other", OpenFlags.ReadWrite | OpenFlags.Create);
        var queue = await _tool.Ipc.PosixMessageQueues.OpenAsync("/jobs", OpenFlags.ReadWrite | OpenFlags.Create);
        var asked = -1L;
        _tool.Trace = request =>
        {
            asked = request.Object.Id;
            return FramesAsync(new TraceFrame { Started = true }, new TraceFrame { End = new TraceEnd() });
        };
        Assert.Equal(0, await _tool.RunAsync("trace --object mq:/jobs"));
        Assert.Equal(queue.Description.Id, asked);
        Assert.Equal("ipc: mq:/jobs is traced\n", _tool.Error);
        Assert.Equal(1, await _tool.RunAsync("trace --object mq:/none"));
        Assert.EndsWith("ipc: trace: ENOENT (no such object or namespace)\n", _tool.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trace_stops_after_the_given_number_of_lines()
    {
        _tool.Trace = _ => FramesAsync(Drops(1, 2), Drops(3));
        Assert.Equal(0, await _tool.RunAsync("trace -q 0 -n 2 --json"));
        Assert.Equal(2, _tool.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Theory]
    [InlineData("trace", 2, "say what to trace")]
    [InlineData("trace --pid 1 -q 2", 2, "say what to trace")]
    [InlineData("trace --object msg:/jobs", 2, "is not an object such as")]
    [InlineData("trace --object mq:jobs", 2, "is not an object such as")]
    [InlineData("trace --object pipe:1", 2, "is not an object such as")]
    [InlineData("trace --pid 1", 1, "EPERM")]
    public async Task Trace_reports_invalid_options(string line, int code, string error)
    {
        _tool.Trace = _ => FramesAsync(new TraceFrame { End = new TraceEnd { Errno = (int)Errno.EPERM } });
        Assert.Equal(code, await _tool.RunAsync(line));
        Assert.Contains(error, _tool.Error, StringComparison.Ordinal);
    }

    private static TraceFrame Drops(params ulong[] counts) => new()
    {
        Events = { counts.Select(count => new TraceEvent { TimeUs = TracedCalls.Noon, Dropped = count }) },
    };

    private static async IAsyncEnumerable<TraceFrame> FramesAsync(params TraceFrame[] frames)
    {
        foreach (var frame in frames)
        {
            await Task.Yield();
            yield return frame;
        }
    }
}
