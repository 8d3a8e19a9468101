using System.IO.Compression;
using System.Text;
using Cluster.Client;
using Cluster.EndToEnd.Processes;
using Cluster.Protocol;

namespace Cluster.EndToEnd;

/// <summary>A journal and clients of an earlier version: see Data/README.md.</summary>
public sealed class CompatibilityTests(CompatibilityTests.Fixture fixture) : IClassFixture<CompatibilityTests.Fixture>
{
    [Fact]
    public async Task The_queues_of_an_older_journal_are_read()
    {
        await using var ipc = await fixture.ConnectAsync();
        var queue = await ipc.MessageQueues.GetAsync(key: 42, GetFlags.None, UnixFileMode.None);
        Assert.Equal(1, queue.Id);
        var stat = await queue.StatAsync();
        Assert.Equal((9_000ul, (UnixFileMode)0x1A0), (stat.Qbytes, stat.Permissions.Mode));
        for (var type = 1; type <= 3; type++)
            Assert.Equal($"message {type}", Text(await queue.ReceiveAsync(type)));

        var other = ipc.MessageQueues.Open(0);
        Assert.Equal("the only one", Text(await other.ReceiveAsync(7)));
    }

    [Fact]
    public async Task The_segment_and_snapshot_of_an_older_journal_are_read()
    {
        await using var ipc = await fixture.ConnectAsync();
        var segment = ipc.SharedMemorySegments.Open(0);
        await using var memory = await segment.AttachAsync();
        Assert.Equal("bytes of before", await ReadAsync(memory, 4_096, 15));
        Assert.Equal("after the snapshotyy", await ReadAsync(memory, 20_000, 20));
        Assert.Equal("second extent", await ReadAsync(memory, 270_000, 13));
    }

    [Fact]
    public async Task The_namespaces_and_limits_of_an_older_journal_are_read()
    {
        await using var ipc = await fixture.ConnectAsync();
        Assert.Equal(4_096, (await ipc.Namespace.GetLimitsAsync()).Msgmax);
        Assert.Equal(["old"], await ipc.Namespace.ListChildrenAsync());
        await using var inside = await fixture.ConnectAsync("/old");
        var queue = await inside.MessageQueues.GetAsync(key: 7, GetFlags.None, UnixFileMode.None);
        Assert.Equal("in the child", Text(await queue.ReceiveAsync()));
    }

    [Fact]
    public async Task Older_clients_make_their_calls()
    {
        await using var ipc = await fixture.ConnectAsync();
        Assert.Equal([Errno.None], await ReplayAsync("send"));
        var received = await ResultsAsync("receive");
        Assert.Equal("from a client of before", Assert.Single(received).Message.Text.ToStringUtf8());
        Assert.Equal([Errno.None], await ReplayAsync("semop"));
        var set = ipc.SemaphoreSets.Open(0);
        Assert.Equal([3, 0, 10], await set.GetAllAsync());
        var listing = await ReplayAsync("ipcs");
        Assert.Equal(Errno.EIDRM, Assert.Single(listing, errno => errno != Errno.None)); // the volatile queue is lost
        var limits = await ResultsAsync("sysctl");
        Assert.Contains(limits, result => result.Limits?.Msgmax == 4_096);
    }

    private async Task<Errno[]> ReplayAsync(string name) =>
        [.. (await ResultsAsync(name)).Select(result => (Errno)result.Errno)];

    // Sends the frames of a recorded connection, each after the results of the frame before it.
    private async Task<List<Result>> ResultsAsync(string name)
    {
        var bytes = await File.ReadAllBytesAsync(Data($"client-before-{name}.bin"));
        using var peer = await Peer.GreetAsync(fixture.Node.Address);
        List<Result> results = [];
        var at = FrameFormat.Preface.Length;
        while (at < bytes.Length)
        {
            var (kind, length) = FrameFormat.ReadHeader(bytes.AsSpan(at));
            var end = at + FrameFormat.HeaderBytes + length;
            await peer.SendAsync(bytes[at..end]);
            if (kind == FrameKind.Data) await TakeAnswersAsync(peer, bytes.AsMemory(end - length, length), results);
            at = end;
        }

        return results;
    }

    private static async Task TakeAnswersAsync(Peer peer, ReadOnlyMemory<byte> body, List<Result> results)
    {
        var frame = ClientFrame.Parser.ParseFrom(body.Span);
        if (frame.Hello is not null) Assert.NotNull((await peer.NextAsync())!.Welcome);
        var missing = frame.Calls.Sum(calls => calls.Calls.Count);
        while (missing > 0)
        {
            var answer = await peer.NextAsync();
            Assert.Null(answer!.Farewell);
            var answered = answer.Results.SelectMany(target => target.Results).ToArray();
            results.AddRange(answered);
            missing -= answered.Length;
        }

        if (frame.Close) Assert.Equal(0, (await peer.FarewellAsync()).Errno);
    }

    private static string Data(string name) => Path.Combine(AppContext.BaseDirectory, "Data", name);

    private static string Text(IpcMessage message) => Encoding.UTF8.GetString(message.Text.Span);

    private static async Task<string> ReadAsync(ISharedMemoryAttachment memory, long offset, int length)
    {
        var buffer = new byte[length];
        await memory.ReadAsync(offset, buffer);
        return Encoding.UTF8.GetString(buffer);
    }

    /// <summary>A node with the journal of an older version.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        public NodeProcess Node { get; private set; } = null!;

        public Task<IpcClient> ConnectAsync(string path = "/") => IpcClient.ConnectAsync(
            new IpcClientOptions { Addresses = [Node.Address], Uid = 0, Gid = 0, Namespace = path });

        public async Task InitializeAsync()
        {
            var data = Directory.CreateTempSubdirectory("ipc-before-").FullName;
            await using (var packed = File.OpenRead(Data("journal-before.db.gz")))
            await using (var unpacked = new GZipStream(packed, CompressionMode.Decompress))
            await using (var journal = File.Create(Path.Combine(data, "journal.db")))
                await unpacked.CopyToAsync(journal);
            Node = await NodeProcess.StartInAsync(data);
        }

        public async Task DisposeAsync() => await Node.DisposeAsync();
    }
}
