using System.Diagnostics;
using System.Globalization;
using Cluster.Client;
using Cluster.EndToEnd.Processes;
using Cluster.Protocol;
using Xunit.Abstractions;

namespace Cluster.EndToEnd;

/// <summary>
/// Many clients that do all harmful things at once, while an honest one works. IPC_STRANGERS and IPC_STRANGERS_SECONDS
/// say how many and for how long: the documented figures are of 2000 and 60.
/// </summary>
public sealed class StrangersTogetherTests(ITestOutputHelper output)
{
    private const long MiB = 1024 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly int Strangers = Number("IPC_STRANGERS", 200);
    private static readonly int OnlyKind = Number("IPC_STRANGERS_KIND", -1); // of Stranger; -1: all
    private static readonly int Seconds = Number("IPC_STRANGERS_SECONDS", 8);

    [Fact]
    public async Task A_node_under_attack_keeps_its_memory_and_serves_the_honest()
    {
        await using var node = await NodeProcess.StartAsync();
        await using var ipc = await IpcClient.ConnectAsync(
            new IpcClientOptions { Addresses = [node.Address], Uid = 0, Gid = 0 });
        var queue = await ipc.MessageQueues.CreateAsync();
        var segment = await ipc.SharedMemorySegments.CreateAsync(
            size: Bounds.ExtentBytes, durability: Durability.Volatile);
        await using var attached = await segment.AttachAsync();
        var bytes = new byte[Bounds.ExtentBytes];
        Array.Fill(bytes, (byte)1);
        await attached.WriteAsync(0, bytes);
        var read = await AttachAsync(node, segment.Id);
        using var calm = new CancellationTokenSource(TimeSpan.FromSeconds(3));
        var before = Percentile(await WorkAsync(queue, () => { }, calm.Token));

        var idle = node.ResidentBytes;
        var most = idle;
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(Seconds));
        var strangers = Enumerable.Range(0, Strangers).Select(number => new Stranger(
            new Uri(node.Address), OnlyKind < 0 ? number : OnlyKind, new Target { Kind = Kind.MessageQueue, Id = queue.Id },
            new Target { Kind = Kind.Extent, Id = (long)segment.Id << 32 }, read)).ToArray();
        var attacks = strangers.Select(stranger => Task.Run(() => stranger.RunAsync(stop.Token))).ToArray();
        var during = await WorkAsync(queue, () => most = Math.Max(most, node.ResidentBytes), stop.Token);
        await Task.WhenAll(attacks).WaitAsync(Patience);
        var figures = string.Create(CultureInfo.InvariantCulture,
            $"{Strangers} strangers with {strangers.Sum(stranger => stranger.Connections)} connections in {Seconds} s: "
            + $"memory {idle / MiB} MiB, at most {most / MiB} MiB; {during.Count} honest calls, "
            + $"p99 {Percentile(during):F1} ms, before {before:F1} ms");
        output.WriteLine(figures);
        Console.WriteLine(figures);
        Assert.InRange(most - idle, long.MinValue, 300 * MiB);
        Assert.InRange(during.Count, 10, int.MaxValue);
        Assert.DoesNotContain(during, ms => ms > Patience.TotalMilliseconds);
        Assert.InRange(node.Output.Split("crit:").Length, 1, 200);
    }

    private static async Task<ShmRead> AttachAsync(NodeProcess node, int segment)
    {
        using var peer = await Peer.GreetAsync(node.Address);
        var hello = new Hello { NewProcess = new NewProcess { Credentials = new Credentials(), LeaseMs = 3_600_000 } };
        await peer.SendFrameAsync(new ClientFrame { Hello = hello });
        Assert.True((await peer.NextAsync())!.Welcome.Pid > 0);
        await peer.SendFrameAsync(new ClientFrame
        {
            Calls =
            {
                new TargetCalls
                {
                    Target = new Target { Kind = Kind.SharedMemory, Id = segment },
                    Calls = { new Call { Seq = 1, Shmat = new ShmAt() } },
                },
            },
        });
        // Others show the handle of the attachment.
        var attachment = (await peer.NextAsync())!.Results[0].Results[0].ShmAttachment;
        return new ShmRead { Capability = attachment.Handle, Attachment = attachment.Id, Length = Bounds.ExtentBytes };
    }

    // Sends and receives one message after the other; returns the times in ms.
    private static async Task<List<double>> WorkAsync(IMessageQueue queue, Action look, CancellationToken until)
    {
        var times = new List<double>();
        while (!until.IsCancellationRequested)
        {
            var began = Stopwatch.GetTimestamp();
            await queue.SendAsync(1, new byte[100]).AsTask().WaitAsync(Patience);
            await queue.ReceiveAsync().AsTask().WaitAsync(Patience);
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            look();
        }

        return times;
    }

    private static double Percentile(List<double> times) => times.Order().ElementAt(times.Count * 99 / 100);

    private static int Number(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var number)
            ? number
            : otherwise;
}
