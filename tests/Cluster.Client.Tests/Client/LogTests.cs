using Cluster.Protocol;
using Microsoft.Extensions.Logging;

namespace Cluster.Client.Tests.Client;

public sealed class LogTests
{
    [Fact]
    public async Task Connection_loss_return_and_resent_calls_are_logged()
    {
        using var logs = new RecordedLogs();
        var bench = await ClientBench.ConnectAsync(new IpcClientOptions { LoggerFactory = logs });
        Assert.Equal(
            (1, LogLevel.Information, "Connected to n1 as process 7 in namespace /"), await logs.NextAsync());
        _ = bench.Queue.ReceiveAsync().AsTask();
        _ = bench.Queue.ReceiveAsync().AsTask();
        var sent = 0;
        while (sent < 2)
            sent += (await bench.Stream.NextAsync()).Seqs().Count();
        await bench.ReconnectAsync();
        // Threads log beside each other, so a quick return may overtake the loss.
        var rest = new[] { await logs.NextAsync(), await logs.NextAsync(), await logs.NextAsync() };
        Assert.Contains(
            (2, LogLevel.Warning, "Process 7 lost its connection to n1: connection reset; 2 calls wait"), rest);
        Assert.Contains((4, LogLevel.Information, "Process 7 has sent 2 calls again, to n2"), rest);
        var back = Assert.Single(rest, line => line.Id == 3);
        Assert.Matches("^Process 7 is connected again, to n2, after [0-9]+ ms$", back.Text);
    }

    [Fact]
    public async Task A_lost_process_and_its_successor_are_logged()
    {
        using var logs = new RecordedLogs();
        var bench = await ClientBench.ConnectAsync(
            new IpcClientOptions { LoggerFactory = logs, NewProcessWhenLost = true });
        await logs.NextAsync();
        bench.Stream.Push(Calls.Farewell(Errno.ESRCH));
        var lost = await logs.NextAsync();
        Assert.Equal((5, LogLevel.Error), (lost.Id, lost.Level));
        Assert.Contains("Process 7 is lost", lost.Text, StringComparison.Ordinal);
        bench.Stream = await bench.Transport.WelcomeAsync(pid: 8);
        Assert.Equal("Connected to n1 as process 8 in namespace /", (await logs.NextAsync()).Text);
    }

    [Fact]
    public async Task A_refusal_and_the_end_are_logged()
    {
        using var logs = new RecordedLogs();
        var transport = new FakeTransport();
        var connecting = IpcClient.ConnectAsync(transport, new IpcClientOptions { LoggerFactory = logs });
        var stream = await transport.AcceptAsync();
        await stream.NextAsync();
        stream.Push(Calls.Farewell(Errno.EPERM));
        await Assert.ThrowsAsync<IpcConnectException>(() => connecting.Soon());
        Assert.Equal(
            (6, LogLevel.Error, "No process could be started: EPERM, operation not permitted"), await logs.NextAsync());

        var bench = await ClientBench.ConnectAsync(new IpcClientOptions { LoggerFactory = logs });
        await logs.NextAsync();
        _ = bench.Stream.ServeAsync(_ => null);
        await bench.Client.DisposeAsync().AsTask().Soon();
        Assert.Equal((7, LogLevel.Information, "Process 7 is closed"), await logs.NextAsync());
    }
}
