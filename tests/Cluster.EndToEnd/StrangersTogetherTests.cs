using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Cluster.Client;
using Cluster.EndToEnd.Processes;
using Cluster.Protocol;
using Xunit.Abstractions;

namespace Cluster.EndToEnd;

/// <summary>
/// Many clients that do all harmful things at once, while an honest one works. The heap of the node has a hard limit, so
/// the node would die if what it holds did not fit. IPC_STRANGERS and IPC_STRANGERS_SECONDS say how many clients and for
/// how long; the heap then has no limit, and garbage that is not collected yet counts too.
/// </summary>
public sealed class StrangersTogetherTests(ITestOutputHelper output)
{
    private const long MiB = 1024 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan SamplePeriod = TimeSpan.FromMilliseconds(100);

    private static readonly int Strangers = Number("IPC_STRANGERS", 40);
    private static readonly int OnlyKind = Number("IPC_STRANGERS_KIND", -1); // of Stranger; -1: all
    private static readonly int Seconds = Number("IPC_STRANGERS_SECONDS", 8);

    [Fact]
    public async Task A_node_under_attack_keeps_its_memory_and_serves_the_honest()
    {
        await using var node = await NodeProcess.StartAsync(
            Environment.GetEnvironmentVariable("IPC_STRANGERS") is null
                ? new Dictionary<string, string> { ["DOTNET_GCHeapHardLimit"] = $"{320 * MiB:X}" }
                : new Dictionary<string, string>());
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
        var before = await MeasureAsync(node, seconds: 3);

        var idle = node.ResidentBytes;
        var most = idle;
        using var stop = new CancellationTokenSource();
        var strangers = Enumerable.Range(0, Strangers).Select(number => new Stranger(
            new Uri(node.Address), OnlyKind < 0 ? number : OnlyKind,
            new Target { Kind = Kind.MessageQueue, Id = queue.Id },
            new Target { Kind = Kind.Extent, Id = (long)segment.Id << 32 }, read)).ToArray();
        var attacks = strangers.Select(stranger => Task.Run(() => stranger.RunAsync(stop.Token))).ToArray();
        var (cpu, since) = (node.ProcessorTime, Stopwatch.StartNew());
        var measuring = MeasureAsync(node, Seconds);
        do most = Math.Max(most, node.ResidentBytes);
        while (await Task.WhenAny(measuring, Task.Delay(SamplePeriod)) != measuring);
        var during = await measuring;
        var share = (node.ProcessorTime - cpu) / since.Elapsed;
        await stop.CancelAsync();
        await Task.WhenAll(attacks).WaitAsync(Patience);
        var figures = string.Create(CultureInfo.InvariantCulture,
            $"{Strangers} strangers with {strangers.Sum(stranger => stranger.Connections)} connections in {Seconds} s: "
            + $"memory {idle / MiB} MiB, at most {most / MiB} MiB; honest calls p50 {during.P50} ms and p99 {during.P99} ms, "
            + $"before {before.P50} and {before.P99} ms, in all {during.Calls}; "
            + $"the node had {share:P0} of a processor; the honest client was ready to run and waited for a processor "
            + $"{during.WaitedMs:0} ms in all, {during.WaitedMs / during.Turns:0.###} ms each time, before "
            + $"{before.WaitedMs / before.Turns:0.###} ms");
        output.WriteLine(figures);
        Console.WriteLine(figures);
        Assert.InRange(most - idle, long.MinValue, 300 * MiB);
        Assert.InRange(during.Calls, 10, int.MaxValue);
        Assert.Equal(0, during.Errors);
        Assert.InRange(node.Output.Split("crit:").Length, 1, 200);
    }

    // The honest client has a process of its own: in that of the strangers it would wait for their threads. It shares the
    // processors with the strangers all the same, so what the kernel made it wait is not the node's doing.
    private static async Task<Figures> MeasureAsync(NodeProcess node, int seconds)
    {
        using var client = CliProcess.Start(
            node.Address, "bench", "msg", "--sequential", "--json", "--seconds", $"{seconds}");
        client.StandardInput.Close();
        var (output, error) = (client.StandardOutput.ReadToEndAsync(), client.StandardError.ReadToEndAsync());
        var waits = new Dictionary<string, (double Ms, long Turns)>();
        var ended = client.WaitForExitAsync().WaitAsync(Patience + TimeSpan.FromSeconds(seconds));
        do ReadWaits(client.Id, waits);
        while (await Task.WhenAny(ended, Task.Delay(SamplePeriod)) != ended);
        await ended;
        var (waitedMs, turns) = (waits.Values.Sum(wait => wait.Ms), Math.Max(1, waits.Values.Sum(wait => wait.Turns)));
        var why = $"{await error}; it waited {waitedMs} ms for a processor; the node: {node.Output}";
        Assert.True(client.ExitCode == 0, why);
        var report = JsonDocument.Parse(await output).RootElement;
        return new Figures(
            report.GetProperty("p50_ms").GetDouble(), report.GetProperty("p99_ms").GetDouble(),
            report.GetProperty("calls").GetInt32(), report.GetProperty("errors").GetInt32(), waitedMs, turns);
    }

    // proc_pid_schedstat: ns on a processor, ns of waiting for one, and how often the thread ran.
    private static void ReadWaits(int pid, Dictionary<string, (double Ms, long Turns)> waits)
    {
        try
        {
            foreach (var thread in Directory.GetDirectories($"/proc/{pid}/task"))
            {
                var words = File.ReadAllText($"{thread}/schedstat").Split(' ');
                waits[thread] = (
                    long.Parse(words[1], CultureInfo.InvariantCulture) / 1e6,
                    long.Parse(words[2], CultureInfo.InvariantCulture));
            }
        }
        catch (IOException)
        {
            // A thread has ended meanwhile, or the process.
        }
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

    private sealed record Figures(double P50, double P99, int Calls, int Errors, double WaitedMs, long Turns);

    private static int Number(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var number)
            ? number
            : otherwise;
}
