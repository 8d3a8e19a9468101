using System.Diagnostics;
using System.Globalization;
using Cluster.Client;
using Cluster.EndToEnd.Processes;
using Cluster.Protocol;

namespace Cluster.EndToEnd;

/// <summary>The ipc tool traces on a real node.</summary>
public sealed class TraceTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task A_queue_is_traced_to_its_removal()
    {
        await using var node = await NodeProcess.StartAsync();
        await using var sender = await ConnectAsync(node);
        await using var receiver = await ConnectAsync(node);
        var queue = await sender.MessageQueues.CreateAsync();
        using var trace = await Tracer.StartAsync(node, "--object", $"msg:{queue.Id}", "-n", "6");
        await queue.SendAsync(1, "hello"u8.ToArray());
        Matches(
            $@"{sender.Pid}\] msgsnd\(0, {{mtype=1, mtext=""hello""}}, 5, 0\) = 0 <\d+\.\d{{6}}>",
            await trace.LineAsync());
        var mine = receiver.MessageQueues.Open(queue.Id);
        await mine.ReceiveAsync();
        Matches(
            $@"{receiver.Pid}\] msgrcv\(0, {{mtype=1, mtext=""hello""}}, 16777216, 0, 0\) = 5 <",
            await trace.LineAsync());

        var blocked = mine.ReceiveAsync(7).AsTask();
        Matches($@"{receiver.Pid}\] msgrcv\(0, , 16777216, 7, 0 <unfinished ...>", await trace.LineAsync());
        await queue.RemoveAsync();
        Matches(
            $@"{receiver.Pid}\] <... msgrcv resumed>\) = -1 EIDRM \(Identifier removed\) <", await trace.LineAsync());
        Matches($@"{sender.Pid}\] msgctl\(0, IPC_RMID, NULL\) = 0 <", await trace.LineAsync());
        await Assert.ThrowsAsync<IpcException>(() => blocked.WaitAsync(Patience));
        await receiver.DisposeAsync();
        Matches($@"{receiver.Pid}\] \+\+\+ exited \+\+\+", await trace.LineAsync());
        Assert.Equal(0, await trace.ExitAsync());
    }

    [Fact]
    public async Task A_trace_continues_after_the_restart_of_a_dead_node()
    {
        await using var node = await NodeProcess.StartAsync();
        await using var sender = await ConnectAsync(node);
        await using var receiver = await ConnectAsync(node);
        var queue = await sender.MessageQueues.CreateAsync();
        using var trace = await Tracer.StartAsync(node, "-q", $"{queue.Id}");
        var blocked = receiver.MessageQueues.Open(queue.Id).ReceiveAsync().AsTask();
        Assert.Contains("<unfinished ...>", await trace.LineAsync(), StringComparison.Ordinal);
        await node.KillAsync();
        await node.RestartAsync();
        Assert.Contains("is traced again", await trace.RemarkAsync(), StringComparison.Ordinal);
        await queue.SendAsync(1, "hello"u8.ToArray());
        string[] lines = [await trace.LineAsync(), await trace.LineAsync()];
        var both = string.Join('\n', lines);
        Assert.Contains("<... msgrcv resumed> {mtype=1, mtext=\"hello\"}) = 5", both, StringComparison.Ordinal);
        Assert.Contains("msgsnd(0, {mtype=1, mtext=\"hello\"}, 5, 0) = 0", both, StringComparison.Ordinal);
        await blocked.WaitAsync(Patience);
        Assert.Equal(0, await trace.EndAsync());
    }

    [Fact]
    public async Task Another_user_may_not_trace()
    {
        await using var node = await NodeProcess.StartAsync();
        await using var ipc = await ConnectAsync(node);
        var pid = ipc.Pid.ToString(CultureInfo.InvariantCulture);
        var refused = await CliProcess.RunAsync(node.Address, "trace", "--pid", pid, "--uid", "1000", "--gid", "1000");
        Assert.Equal((1, ""), (refused.ExitCode, refused.Output));
        Assert.Equal($"ipc: trace: EPERM (process {pid} belongs to another user)\n", refused.Error);
    }

    private static void Matches(string pattern, string line) =>
        Assert.Matches(@"^\d\d:\d\d:\d\d\.\d{6} \[pid " + pattern, line);

    private static Task<IpcClient> ConnectAsync(NodeProcess node) =>
        IpcClient.ConnectAsync(
            new IpcClientOptions { Addresses = [node.Address], Uid = 0, Gid = 0, Lease = Patience });

    /// <summary>A run of ipc trace.</summary>
    private sealed class Tracer(Process process) : IDisposable
    {
        public static async Task<Tracer> StartAsync(NodeProcess node, params string[] arguments)
        {
            string[] all = ["trace", "--uid", "0", "--gid", "0", .. arguments];
            var tracer = new Tracer(CliProcess.Start(node.Address, all));
            Assert.EndsWith(" is traced", await tracer.RemarkAsync(), StringComparison.Ordinal);
            return tracer;
        }

        public async Task<string> LineAsync() =>
            await process.StandardOutput.ReadLineAsync().WaitAsync(Patience) ?? "the trace has ended";

        public async Task<string> RemarkAsync() =>
            await process.StandardError.ReadLineAsync().WaitAsync(Patience) ?? "the trace has ended";

        // Not SIGINT, which a shell may have ignored for all that runs in its background.
        public async Task<int> EndAsync()
        {
            using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
            return await ExitAsync();
        }

        public async Task<int> ExitAsync()
        {
            await process.WaitForExitAsync().WaitAsync(Patience);
            return process.ExitCode;
        }

        public void Dispose()
        {
            if (!process.HasExited) process.Kill();
            process.Dispose();
        }
    }
}
