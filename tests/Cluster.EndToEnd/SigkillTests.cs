using System.Collections.Concurrent;
using System.Text;
using Cluster.Client;
using Cluster.EndToEnd.Processes;
using Cluster.Protocol;
using Grpc.Net.Client;

namespace Cluster.EndToEnd;

/// <summary>
/// The promise of the product: a node dies by SIGKILL while senders and blocked receivers are at work, comes back, and
/// no program notices more than a delay.
/// </summary>
public sealed class SigkillTests
{
    private const int Receivers = 50;
    private const int Senders = 4;
    private const int MessagesEach = 500;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task No_acknowledged_message_is_lost_or_doubled_and_blocked_receivers_keep_their_order()
    {
        await using var node = await NodeProcess.StartAsync();
        await using var admin = await ConnectAsync(node);
        var busy = await admin.MessageQueues.CreateAsync();
        var line = await admin.MessageQueues.CreateAsync();
        var (clients, blocked) = await BlockAsync(node, line);

        var traffic = new Traffic(node, busy.Id);
        var run = traffic.RunAsync();
        await traffic.SentAsync(Senders * MessagesEach / 4);
        await node.KillAsync();
        await node.RestartAsync();
        await traffic.SentAsync(Senders * MessagesEach / 2);
        await node.KillAsync();
        await node.RestartAsync();
        await run.WaitAsync(Patience);
        traffic.Check();

        await CheckLineAsync(line, clients, blocked);
    }

    [Fact]
    public async Task An_orderly_restart_only_delays_calls()
    {
        await using var node = await NodeProcess.StartAsync();
        await using var admin = await ConnectAsync(node);
        var line = await admin.MessageQueues.CreateAsync();
        var (clients, blocked) = await BlockAsync(node, line);
        Assert.Equal(0, await node.TerminateAsync());
        await node.RestartAsync();
        await CheckLineAsync(line, clients, blocked);
    }

    [Fact]
    public async Task A_dead_clients_waiter_is_removed_at_the_end_of_its_lease_despite_a_restart()
    {
        await using var node = await NodeProcess.StartAsync();
        await using var admin = await ConnectAsync(node);
        var queue = await admin.MessageQueues.CreateAsync();
        await BlockAndVanishAsync(node, queue);
        await node.KillAsync();
        await node.RestartAsync();
        await UntilAsync(async () => (await queue.StatAsync()).Receivers == 0);
        await queue.SendAsync(1, "still here"u8.ToArray());
        Assert.NotNull(await queue.TryReceiveAsync());
    }

    // A process with a short lease that blocks in msgrcv and is never heard of again.
    private static async Task BlockAndVanishAsync(NodeProcess node, IMessageQueue queue)
    {
        using var channel = GrpcChannel.ForAddress(node.Address);
        using var stream = new Gateway.GatewayClient(channel).Connect();
        var process = new NewProcess { Credentials = new Credentials(), LeaseMs = 4_000 };
        await stream.RequestStream.WriteAsync(new ClientFrame { Hello = new Hello { NewProcess = process } });
        Assert.True(await stream.ResponseStream.MoveNext(CancellationToken.None));
        var call = new Call { Seq = 1, Msgrcv = new MsgRcv { Size = 100 } };
        var target = new Target { Kind = Kind.MessageQueue, Id = queue.Id };
        await stream.RequestStream.WriteAsync(
            new ClientFrame { Ack = 1, Calls = { new TargetCalls { Target = target, Calls = { call } } } });
        await UntilAsync(async () =>
        {
            // Each frame renews the lease, which must not run out before anybody has looked.
            await stream.RequestStream.WriteAsync(new ClientFrame { Ack = 1 });
            return (await queue.StatAsync()).Receivers == 1;
        });
    }

    // Blocks the receivers one after the other, from ten processes, so that their order in line is known.
    private static async Task<(List<IpcClient> Clients, List<Task<IpcMessage>> Blocked)> BlockAsync(
        NodeProcess node, IMessageQueue line)
    {
        var clients = new List<IpcClient>();
        for (var i = 0; i < 10; i++) clients.Add(await ConnectAsync(node));
        var blocked = new List<Task<IpcMessage>>();
        for (var i = 0; i < Receivers; i++)
        {
            blocked.Add(clients[i % clients.Count].MessageQueues.Open(line.Id).ReceiveAsync(0).AsTask());
            var expected = (uint)(i + 1);
            await UntilAsync(async () => (await line.StatAsync()).Receivers == expected);
        }

        return (clients, blocked);
    }

    private static async Task CheckLineAsync(
        IMessageQueue line, List<IpcClient> clients, List<Task<IpcMessage>> blocked)
    {
        // A waiter whose session is lost for 5 s is passed over. On a busy machine that may happen.
        foreach (var client in clients) await client.MessageQueues.Open(line.Id).StatAsync().WaitAsync(Patience);
        for (var i = 0; i < blocked.Count; i++) await line.SendAsync(1, Encoding.UTF8.GetBytes($"{i}"));
        for (var i = 0; i < blocked.Count; i++)
        {
            var message = await blocked[i].WaitAsync(Patience);
            Assert.Equal($"{i}", Encoding.UTF8.GetString(message.Text.Span));
        }

        Assert.Equal(0ul, (await line.StatAsync()).Qnum);
    }

    private static Task<IpcClient> ConnectAsync(NodeProcess node) =>
        IpcClient.ConnectAsync(
            new IpcClientOptions { Addresses = [node.Address], Uid = 0, Gid = 0, Lease = Patience });

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await condition()) patience.Token.ThrowIfCancellationRequested();
    }

    /// <summary>Senders and receivers on one queue, and the messages of each.</summary>
    private sealed class Traffic(NodeProcess node, int queueId)
    {
        private readonly ConcurrentQueue<string> _received = new();
        private readonly SemaphoreSlim _sent = new(0);
        private int _taken;

        public async Task RunAsync()
        {
            // All are connected before the first message: a program that starts while the node is dead fails at once.
            var clients = new List<IpcClient>();
            for (var i = 0; i < 2 * Senders; i++) clients.Add(await ConnectAsync(node));
            var senders = clients.Take(Senders).Select((ipc, sender) => SendAsync(ipc, sender));
            var receivers = clients.Skip(Senders).Select(ReceiveAsync);
            await Task.WhenAll(senders.Concat(receivers));
            foreach (var client in clients) await client.DisposeAsync();
        }

        /// <summary>Waits for a number of further acknowledged sends.</summary>
        public async Task SentAsync(int count)
        {
            for (; _taken < count; _taken++) Assert.True(await _sent.WaitAsync(Patience));
        }

        public void Check()
        {
            Assert.Equal(Senders * MessagesEach, _received.Count);
            Assert.Equal(Senders * MessagesEach, _received.Distinct().Count());
        }

        private async Task SendAsync(IpcClient ipc, int sender)
        {
            var queue = ipc.MessageQueues.Open(queueId);
            for (var i = 0; i < MessagesEach; i++)
            {
                await queue.SendAsync(1 + sender, Encoding.UTF8.GetBytes($"{sender}:{i}"));
                _sent.Release();
            }
        }

        private async Task ReceiveAsync(IpcClient ipc)
        {
            var queue = ipc.MessageQueues.Open(queueId);
            var last = new int[Senders];
            Array.Fill(last, -1);
            for (var i = 0; i < MessagesEach; i++)
            {
                var text = Encoding.UTF8.GetString((await queue.ReceiveAsync(0)).Text.Span);
                _received.Enqueue(text);
                var parts = text.Split(':').Select(int.Parse).ToArray();
                Assert.True(parts[1] > last[parts[0]], $"{text} came after {last[parts[0]]}: not first in, first out");
                last[parts[0]] = parts[1];
            }
        }
    }
}
