using System.Net;
using System.Net.Sockets;
using Cluster.Node.Settings;
using Cluster.Node.Startup;

namespace Cluster.Node.Tests.Startup;

/// <summary>A journal with a database that does not answer.</summary>
public sealed class JournalWaitTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_node_does_not_wait_for_the_embedded_journal()
    {
        var said = new StringWriter();
        await new JournalWait(new NodeOptions(), said, TimeProvider.System).RunAsync(CancellationToken.None);
        Assert.Equal("", said.ToString());
    }

    [Fact]
    public async Task A_missing_database_is_named_once_and_the_wait_can_be_cancelled()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var port = ((IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        using var interrupt = new CancellationTokenSource();
        var time = new Hurried(retries: 3, interrupt);
        var said = new StringWriter();
        var options = new NodeOptions { Journal = $"postgres://u:secret@127.0.0.1:{port}/d" };
        var waiting = new JournalWait(options, said, time).RunAsync(interrupt.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Patience));
        Assert.Equal(
            $"cluster-node: waiting for the journal at 127.0.0.1:{port}: connection refused\n", said.ToString());
    }

    /// <summary>A clock with pauses that take no time. It cancels after some of them.</summary>
    private sealed class Hurried(int retries, CancellationTokenSource interrupt) : TimeProvider
    {
        private int _pauses;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (Interlocked.Increment(ref _pauses) > retries) interrupt.Cancel();
            return System.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
