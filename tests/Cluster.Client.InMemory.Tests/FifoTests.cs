using Cluster.Protocol;

namespace Cluster.Client.InMemory.Tests;

/// <summary>FIFOs as a program uses them: fifo(7), pipe(7).</summary>
public sealed class FifoTests : KernelTests
{
    private const string Path = "/run/f";

    [Fact]
    public async Task An_open_waits_for_the_other_end()
    {
        await Ipc.Fifos.CreateAsync(Path);
        var reading = Ipc.Fifos.OpenAsync("/run//f", OpenFlags.ReadOnly);
        Assert.False(reading.IsCompleted);
        await using var writer = await Ipc.Fifos.OpenAsync(Path, OpenFlags.WriteOnly);
        await using var reader = await reading;
        Assert.Equal(new FifoState(65_536, 0, 1, 1), await reader.GetStateAsync());
    }

    [Fact]
    public async Task An_open_that_is_interrupted_has_not_happened()
    {
        await Ipc.Fifos.CreateAsync(Path);
        using var interrupt = new CancellationTokenSource();
        var reading = Ipc.Fifos.OpenAsync(Path, OpenFlags.ReadOnly, interrupt.Token);
        await interrupt.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        await FailsAsync(Errno.ENXIO, () => Ipc.Fifos.OpenAsync(Path, OpenFlags.WriteOnly | OpenFlags.NonBlocking));
    }

    [Fact]
    public async Task Bytes_come_in_order_and_the_end_comes_with_the_last_writer()
    {
        var (reader, writer) = await BothAsync();
        Assert.Equal(5, await writer.WriteAsync("hello"u8.ToArray()));
        Assert.Equal(6, await writer.WriteAsync(" world"u8.ToArray()));
        var buffer = new byte[7];
        Assert.Equal(7, await reader.ReadAsync(buffer));
        Assert.Equal("hello w"u8.ToArray(), buffer);
        var duplicate = writer.Duplicate();
        await writer.CloseAsync();
        Assert.Equal(4, await reader.ReadAsync(buffer));
        var waiting = reader.ReadAsync(buffer).AsTask();
        Assert.False(waiting.IsCompleted);
        await duplicate.CloseAsync();
        Assert.Equal(0, await waiting);
    }

    [Fact]
    public async Task The_end_of_a_process_ends_what_it_writes()
    {
        await Ipc.Fifos.CreateAsync(Path, UnixFileMode.OtherWrite | UnixFileMode.UserRead);
        var reading = Ipc.Fifos.OpenAsync(Path, OpenFlags.ReadOnly);
        var other = Client(2000);
        _ = await other.Fifos.OpenAsync(Path, OpenFlags.WriteOnly);
        await using var reader = await reading;
        var end = reader.ReadAsync(new byte[1]).AsTask();
        Assert.False(end.IsCompleted);
        await other.DisposeAsync();
        Assert.Equal(0, await end);
    }

    [Fact]
    public async Task Without_a_reader_a_write_fails_and_a_poll_says_so()
    {
        var (reader, writer) = await BothAsync();
        Assert.Equal(PollEvents.Writable, await writer.PollAsync(PollEvents.Writable));
        await reader.CloseAsync();
        await FailsAsync(Errno.EPIPE, () => writer.WriteAsync(new byte[1]).AsTask());
        Assert.Equal(PollEvents.Writable | PollEvents.Error, await writer.PollAsync(PollEvents.Writable));
        await FailsAsync(Errno.EBADF, () => writer.ReadAsync(new byte[1]).AsTask());
    }

    [Fact]
    public async Task A_full_FIFO_takes_the_rest_as_room_appears()
    {
        var (reader, writer) = await BothAsync();
        var writing = writer.WriteAsync(new byte[100_000]).AsTask();
        Assert.False(writing.IsCompleted);
        Assert.Equal(65_536, (await reader.GetStateAsync()).Bytes);
        var buffer = new byte[60_000];
        Assert.Equal(10_000, await reader.ReadAsync(buffer.AsMemory(0, 10_000)));
        Assert.False(writing.IsCompleted); // two slots are free
        Assert.Equal(65_536 - 10_000 + 8_192, (await reader.GetStateAsync()).Bytes);
        var rest = 90_000;
        while (rest > 0) rest -= await reader.ReadAsync(buffer);
        Assert.Equal(0, rest);
        Assert.Equal(100_000, await writing);
    }

    [Fact]
    public async Task A_write_whose_time_is_over_returns_what_has_entered()
    {
        var (_, writer) = await BothAsync();
        Assert.Equal(65_536, await writer.WriteAsync(new byte[100_000], TimeSpan.Zero));
        await FailsAsync(Errno.ETIMEDOUT, () => writer.WriteAsync(new byte[1], TimeSpan.Zero).AsTask());
        await writer.SetNonblockingAsync(true);
        await FailsAsync(Errno.EAGAIN, () => writer.WriteAsync(new byte[1]).AsTask());
    }

    [Fact]
    public async Task The_capacity_is_a_power_of_two_pages()
    {
        var (_, writer) = await BothAsync();
        Assert.Equal(4_096, await writer.SetCapacityAsync(0));
        Assert.Equal(131_072, await writer.SetCapacityAsync(70_000));
        await writer.WriteAsync(new byte[9_000]);
        await FailsAsync(Errno.EBUSY, () => writer.SetCapacityAsync(4_096));
        await FailsAsync(Errno.EPERM, () => writer.SetCapacityAsync((1 << 20) + 1));
        await FailsAsync(Errno.EINVAL, () => writer.SetCapacityAsync(-1));
    }

    [Fact]
    public async Task Packets_are_read_one_by_one_and_the_rest_of_one_is_lost()
    {
        await Ipc.Fifos.CreateAsync(Path);
        await FailsAsync(Errno.EINVAL, () => Ipc.Fifos.OpenAsync(Path, OpenFlags.ReadWrite | OpenFlags.Direct));
        await using var both = await Ipc.Fifos.OpenAsync(Path, OpenFlags.ReadWrite);
        await both.SetStatusFlagsAsync(OpenFlags.Direct);
        await both.WriteAsync("one"u8.ToArray());
        await both.WriteAsync("two"u8.ToArray());
        var buffer = new byte[10];
        Assert.Equal(3, await both.ReadAsync(buffer));
        Assert.Equal(1, await both.ReadAsync(buffer.AsMemory(0, 1)));
        await FailsAsync(Errno.ETIMEDOUT, () => both.ReadAsync(buffer, TimeSpan.Zero).AsTask());
    }

    [Fact]
    public async Task A_stream_carries_more_than_a_FIFO_holds()
    {
        var (reader, writer) = await BothAsync();
        var sent = new byte[3_000_000];
        new Random(1).NextBytes(sent);
        var sending = Task.Run(async () =>
        {
            await using var stream = writer.AsStream();
            await stream.WriteAsync(sent);
        });
        var received = new MemoryStream();
        await using (var stream = reader.AsStream()) await stream.CopyToAsync(received);
        await sending;
        Assert.Equal(sent, received.ToArray());
    }

    [Fact]
    public async Task What_nobody_has_read_is_gone_when_nobody_has_it_open_and_an_unlinked_FIFO_lives_while_it_is()
    {
        var (reader, writer) = await BothAsync();
        await writer.WriteAsync(new byte[10]);
        await writer.CloseAsync();
        await reader.CloseAsync();
        (reader, writer) = await OpenBothAsync();
        Assert.Equal(0, (await reader.GetStateAsync()).Bytes);
        await Ipc.Fifos.UnlinkAsync(Path);
        await FailsAsync(Errno.ENOENT, () => Ipc.Fifos.OpenAsync(Path, OpenFlags.ReadWrite));
        await writer.WriteAsync(new byte[10]);
        Assert.Equal(10, await reader.ReadAsync(new byte[20]));
    }

    [Theory]
    [InlineData("", Errno.ENOENT)]
    [InlineData("run/f", Errno.EINVAL)]
    [InlineData("/run/../f", Errno.EINVAL)]
    [InlineData("/run/f/", Errno.ENOENT)]
    [InlineData("/a\0b", Errno.EINVAL)]
    [InlineData("/taken", Errno.EEXIST)]
    [InlineData("//taken", Errno.EEXIST)]
    public async Task A_path_that_is_none_is_refused(string path, Errno errno)
    {
        await Ipc.Fifos.CreateAsync("/taken");
        await FailsAsync(errno, () => Ipc.Fifos.CreateAsync(path));
    }

    [Fact]
    public async Task Names_have_a_length()
    {
        await Ipc.Fifos.CreateAsync("/" + new string('n', 255));
        await FailsAsync(Errno.ENAMETOOLONG, () => Ipc.Fifos.CreateAsync("/" + new string('n', 256)));
        var deep = string.Concat(Enumerable.Repeat("/1234567", 511)); // 4,088 bytes
        await Ipc.Fifos.CreateAsync(deep + "/12345");
        await FailsAsync(Errno.ENAMETOOLONG, () => Ipc.Fifos.CreateAsync(deep + "/1234567"));
    }

    [Fact]
    public async Task Permissions_are_those_of_the_name()
    {
        await Ipc.Fifos.CreateAsync(Path, UnixFileMode.OtherRead | UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using var other = Client(2000);
        await FailsAsync(Errno.EACCES, () => other.Fifos.OpenAsync(Path, OpenFlags.ReadWrite));
        await using var reader = await other.Fifos.OpenAsync(Path, OpenFlags.ReadOnly | OpenFlags.NonBlocking);
        await FailsAsync(Errno.EPERM, () => other.Fifos.UnlinkAsync(Path));
    }

    private async Task<(IFifo Reader, IFifo Writer)> BothAsync()
    {
        await Ipc.Fifos.CreateAsync(Path);
        return await OpenBothAsync();
    }

    private async Task<(IFifo Reader, IFifo Writer)> OpenBothAsync()
    {
        var reader = Ipc.Fifos.OpenAsync(Path, OpenFlags.ReadOnly);
        var writer = await Ipc.Fifos.OpenAsync(Path, OpenFlags.WriteOnly);
        return (await reader, writer);
    }

    protected override IpcClientOptions OptionsOf(uint uid) =>
        new() { Uid = uid, Gid = uid, Umask = UnixFileMode.None };
}
