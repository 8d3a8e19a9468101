using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Client.Tests.Client;

public sealed class SharedMemoryTests
{
    private const int Extent = Bounds.ExtentBytes;

    [Fact]
    public async Task Get_sends_the_size_and_asks_the_segment_for_permission()
    {
        var bench = await ClientBench.ConnectAsync();
        var getting = bench.Client.SharedMemorySegments.GetAsync(42, 5_000, GetFlags.None, (UnixFileMode)0x1A4);
        var (target, call) = await bench.Stream.NextCallAsync();
        Assert.Equal((Kind.Directory, (long)Kind.SharedMemory), (target.Kind, target.Id));
        Assert.Equal(new Get { Key = 42, Size = 5_000, Flags = 0x1A4 }, call.Get);
        var got = new Result { Seq = call.Seq, Got = new Got { Id = 9, Existed = true } };
        bench.Stream.Push(Calls.Results(target, "", got));
        (target, call) = await bench.Stream.NextCallAsync();
        Assert.Equal((Kind.SharedMemory, 9, 0x1A4), (target.Kind, target.Id, call.Access.Flags));
        bench.Stream.Push(Calls.Results(target, "", Calls.Failed(call.Seq, Errno.EACCES)));
        Assert.Equal(Errno.EACCES, (await Assert.ThrowsAsync<IpcException>(() => getting.Soon())).Errno);
    }

    [Fact]
    public async Task A_range_is_split_at_extents_and_unwritten_bytes_are_zeros()
    {
        var (bench, memory) = await AttachAsync(size: 3 * Extent);
        var parts = new List<(long Extent, int Offset, int Length)>();
        var buffer = new byte[Extent + 20];
        buffer.AsSpan().Fill(7);
        var reading = memory.ReadAsync(Extent - 10, buffer).AsTask();
        _ = bench.Stream.ServeAsync((target, call) =>
        {
            Assert.Equal((Kind.Extent, 0xCAFEul), (target.Kind, call.ShmRead.Capability));
            parts.Add((target.Id, call.ShmRead.Offset, call.ShmRead.Length));
            var bytes = new ShmBytes { Length = call.ShmRead.Length };
            if (parts.Count == 1) bytes.Data = ByteString.CopyFrom(1, 2);
            return new Result { ShmBytes = bytes };
        });
        await reading.Soon();
        Assert.Equal([(9L << 32, Extent - 10, 10), ((9L << 32) + 1, 0, Extent), ((9L << 32) + 2, 0, 10)], parts);
        Assert.Equal([1, 2, .. new byte[Extent + 18]], buffer);
    }

    [Fact]
    public async Task A_write_sends_a_copy()
    {
        var (bench, memory) = await AttachAsync(size: 100);
        var data = "hello"u8.ToArray();
        var writing = memory.WriteAsync(95, data).AsTask();
        data[0] = 0;
        var call = await bench.Stream.AnswerAsync(_ => new Result());
        await writing.Soon();
        Assert.Equal(("hello", 95), (call.ShmWrite.Data.ToStringUtf8(), call.ShmWrite.Offset));
    }

    [Fact]
    public async Task An_attachment_is_lost_with_its_process()
    {
        var (bench, memory) = await AttachAsync(size: 100, new IpcClientOptions { NewProcessWhenLost = true });
        bench.Stream.Push(Calls.Farewell(Errno.ESRCH));
        bench.Stream = await bench.Transport.WelcomeAsync(pid: 8);
        var attaching = bench.Client.SharedMemorySegments.Open(9).AttachAsync();
        await bench.Stream.AnswerAsync(_ => new Result { ShmAttachment = new ShmAttachment { Id = 2, Size = 100 } });
        var fresh = await attaching.Soon();

        await Assert.ThrowsAsync<IpcSessionLostException>(() => memory.LoadAsync<int>(0).AsTask().Soon());
        await Assert.ThrowsAsync<IpcSessionLostException>(() => memory.ReadAsync(0, new byte[4]).AsTask().Soon());
        await memory.DisposeAsync().AsTask().Soon();
        var loading = fresh.LoadAsync<int>(0).AsTask();
        await bench.Stream.AnswerAsync(_ => new Result { ShmWord = new ShmWord { Previous = 5 } });
        Assert.Equal(5, await loading.Soon());
    }

    [Fact]
    public async Task A_range_outside_the_segment_is_not_sent()
    {
        var (_, memory) = await AttachAsync(size: 100);
        foreach (var offset in new[] { -1L, 97, long.MaxValue })
        {
            var failure = await Assert.ThrowsAsync<IpcException>(
                async () => await memory.WriteAsync(offset, new byte[4]));
            Assert.Equal(Errno.EFAULT, failure.Errno);
        }

        await memory.WriteAsync(100, ReadOnlyMemory<byte>.Empty);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await memory.ReadAsync(0, new byte[Bounds.TransferBytes + 1]));
    }

    [Fact]
    public async Task Words_have_the_width_and_the_sign_of_their_type()
    {
        var (bench, memory) = await AttachAsync(size: 2 * Extent);
        var adding = memory.FetchAddAsync(Extent + 4, -1).AsTask();
        var call = (await bench.Stream.AnswerAsync(_ => Word(uint.MaxValue))).ShmAtomic;
        Assert.Equal(-1, await adding.Soon());
        Assert.Equal((ShmAtomic.Types.Operation.Add, 4, 4), (call.Operation, call.Offset, call.Width));
        Assert.Equal(uint.MaxValue, (uint)call.Operand);

        var exchanging = memory.CompareExchangeAsync(8, 5L, expected: -3L).AsTask();
        call = (await bench.Stream.AnswerAsync(_ => Word(unchecked((ulong)-3L)))).ShmAtomic;
        Assert.Equal(-3L, await exchanging.Soon());
        Assert.Equal((8, 5ul, unchecked((ulong)-3L)), (call.Width, call.Operand, call.Expected));
        await Assert.ThrowsAsync<NotSupportedException>(async () => await memory.LoadAsync<short>(0));
    }

    [Fact]
    public async Task Disposal_detaches_once_even_from_a_removed_segment()
    {
        var (bench, memory) = await AttachAsync(size: 100);
        var disposing = memory.DisposeAsync().AsTask();
        var call = await bench.Stream.AnswerAsync(_ => Calls.Failed(0, Errno.EINVAL));
        await disposing.Soon();
        Assert.Equal(3, call.Shmdt.Attachment);
        await memory.DisposeAsync().AsTask().Soon();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await memory.LoadAsync<int>(0));
    }

    private static Result Word(ulong previous) => new() { ShmWord = new ShmWord { Previous = previous } };

    private static async Task<(ClientBench Bench, ISharedMemoryAttachment Memory)> AttachAsync(
        ulong size, IpcClientOptions? options = null)
    {
        var bench = await ClientBench.ConnectAsync(options);
        var attaching = bench.Client.SharedMemorySegments.Open(9).AttachAsync();
        var attachment = new ShmAttachment { Id = 3, Capability = 0xCAFE, Size = size };
        await bench.Stream.AnswerAsync(_ => new Result { ShmAttachment = attachment });
        return (bench, await attaching.Soon());
    }
}
