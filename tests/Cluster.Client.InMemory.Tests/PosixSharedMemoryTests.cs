using System.Text;
using Cluster.Protocol;

namespace Cluster.Client.InMemory.Tests;

/// <summary>POSIX shared memory as a program uses it: shm_overview(7), ftruncate(2), pread(2), mmap(2).</summary>
public sealed class PosixSharedMemoryTests : KernelTests
{
    private const OpenFlags Make = OpenFlags.ReadWrite | OpenFlags.Create;
    private const UnixFileMode All = (UnixFileMode)0x1B6;
    private const int Extent = Bounds.ExtentBytes;

    // ---- names ----

    [Theory]
    [InlineData("", Errno.EINVAL, Errno.ENOENT)]
    [InlineData("/", Errno.EINVAL, Errno.ENOENT)]
    [InlineData("///", Errno.EINVAL, Errno.ENOENT)]
    [InlineData("/a/b", Errno.EINVAL, Errno.ENOENT)]
    [InlineData("/a/", Errno.EINVAL, Errno.ENOENT)]
    [InlineData("/a\0b", Errno.EINVAL, Errno.ENOENT)]
    [InlineData("/.", Errno.EINVAL, Errno.EISDIR)]
    [InlineData("..", Errno.EINVAL, Errno.EISDIR)]
    public async Task A_name_that_is_not_valid_has_the_errors_of_the_C_library(string name, Errno open, Errno unlink)
    {
        await FailsAsync(open, () => Ipc.PosixSharedMemory.OpenAsync(name, Make));
        await FailsAsync(unlink, () => Ipc.PosixSharedMemory.UnlinkAsync(name));
    }

    [Fact]
    public async Task A_name_has_255_bytes_and_any_number_of_slashes_before_them()
    {
        var (longest, longer) = (new string('n', 255), new string('n', 254) + "é");
        await using var memory = await Ipc.PosixSharedMemory.OpenAsync("//" + longest, Make);
        await using var same = await Ipc.PosixSharedMemory.OpenAsync(longest);
        await memory.SetLengthAsync(5);
        Assert.Equal(5, (await same.StatAsync()).Size);
        Assert.Equal(256, Encoding.UTF8.GetByteCount(longer));
        await FailsAsync(Errno.ENAMETOOLONG, () => Ipc.PosixSharedMemory.OpenAsync(longer, Make));
        await FailsAsync(Errno.ENAMETOOLONG, () => Ipc.PosixSharedMemory.UnlinkAsync(longer));
        var entry = Assert.Single(await ToListAsync(Ipc.PosixSharedMemory.ListAsync()));
        Assert.Equal("/" + longest, entry.Name);
        Assert.Equal(5, (await Ipc.PosixSharedMemory.StatAsync(entry)).Size);
    }

    // ---- the size ----

    [Fact]
    public async Task Bytes_beyond_a_smaller_size_are_zeros_after_growing_again()
    {
        await using var memory = await OpenAsync();
        Assert.Equal(0, (await memory.StatAsync()).Size);
        Assert.Equal(0, await memory.ReadAsync(0, new byte[10]));
        var all = Enumerable.Range(0, 3 * Extent).Select(i => (byte)(1 + (i % 255))).ToArray();
        await memory.WriteAsync(0, all);
        foreach (var cut in new[] { (2 * Extent) + 100, Extent, Extent - 5_000, 4_097, 1, 0 })
        {
            await memory.SetLengthAsync(cut);
            Assert.Equal(cut, (await memory.StatAsync()).Size);
            all.AsSpan(cut).Clear();
            Assert.Equal(all[..cut], await ReadAsync(memory, 0, all.Length));
            await memory.SetLengthAsync(all.Length);
            Assert.Equal(all, await ReadAsync(memory, 0, all.Length));
        }
    }

    [Fact]
    public async Task A_read_ends_with_the_object_and_a_write_makes_it_grow()
    {
        await using var memory = await OpenAsync();
        await memory.WriteAsync(Extent - 2, "hello"u8.ToArray());
        Assert.Equal(Extent + 3, (await memory.StatAsync()).Size);
        Assert.Equal("hello"u8.ToArray(), await ReadAsync(memory, Extent - 2, 100));
        Assert.Equal("lo"u8.ToArray(), await ReadAsync(memory, Extent + 1, 100));
        Assert.Equal(0, await memory.ReadAsync(Extent + 3, new byte[1]));
        Assert.Equal(0, await memory.ReadAsync(10 * Extent, new byte[1]));
        Assert.Equal(0, await memory.ReadAsync(long.MaxValue, new byte[1]));
        Assert.Equal(new byte[4], await ReadAsync(memory, 0, 4));
        await memory.WriteAsync(5 * Extent, default);
        Assert.Equal(Extent + 3, (await memory.StatAsync()).Size);

        // Another descriptor has cut the object since this one saw its size.
        await using var other = await Ipc.PosixSharedMemory.OpenAsync("/m");
        await other.SetLengthAsync(3);
        await memory.WriteAsync(Extent - 2, "world"u8.ToArray());
        Assert.Equal("\0\0world"u8.ToArray(), await ReadAsync(other, Extent - 4, 100));
    }

    [Fact]
    public async Task Sizes_and_offsets_that_are_not_valid_have_the_errors_of_Linux()
    {
        await using var memory = await OpenAsync();
        await using var reader = await Ipc.PosixSharedMemory.OpenAsync("/m", OpenFlags.ReadOnly);
        await using var writer = await Ipc.PosixSharedMemory.OpenAsync("/m", OpenFlags.WriteOnly);
        await FailsAsync(Errno.EINVAL, () => memory.SetLengthAsync(-1));
        await FailsAsync(Errno.EFBIG, () => memory.SetLengthAsync(1L << 62));
        await FailsAsync(Errno.EFBIG, () => memory.SetLengthAsync(Bounds.SegmentBytes + 1));
        await FailsAsync(Errno.EINVAL, () => reader.SetLengthAsync(10));
        await FailsAsync(Errno.EINVAL, () => memory.ReadAsync(-1, new byte[1]).AsTask());
        await FailsAsync(Errno.EINVAL, () => memory.WriteAsync(-1, new byte[1]).AsTask());
        await FailsAsync(Errno.EFBIG, () => memory.WriteAsync(Bounds.SegmentBytes, new byte[1]).AsTask());
        await FailsAsync(Errno.EFBIG, () => memory.WriteAsync(long.MaxValue, new byte[1]).AsTask());
        await FailsAsync(Errno.EBADF, () => writer.ReadAsync(0, new byte[1]).AsTask());
        await FailsAsync(Errno.EBADF, () => reader.WriteAsync(0, new byte[1]).AsTask());
        await writer.WriteAsync(0, "x"u8.ToArray());
        Assert.Equal("x"u8.ToArray(), await ReadAsync(reader, 0, 10));
        await memory.SetLengthAsync(Bounds.SegmentBytes);
        Assert.Equal(new byte[9], await ReadAsync(memory, Bounds.SegmentBytes - 9, 10));
    }

    [Fact]
    public async Task O_TRUNC_empties_an_object_that_the_caller_may_write()
    {
        await using var memory = await OpenAsync((UnixFileMode)0x1A4); // rw-r--r--
        await memory.WriteAsync(0, "hello"u8.ToArray());
        await using var other = Client(2000);
        await FailsAsync(
            Errno.EACCES, () => other.PosixSharedMemory.OpenAsync("/m", OpenFlags.ReadOnly | OpenFlags.Truncate));
        Assert.Equal(5, (await memory.StatAsync()).Size);
        await using var cut = await Ipc.PosixSharedMemory.OpenAsync("/m", OpenFlags.ReadOnly | OpenFlags.Truncate);
        Assert.Equal(0, (await cut.StatAsync()).Size);
        await FailsAsync(Errno.EINVAL, () => cut.SetLengthAsync(3));
    }

    // ---- mappings ----

    [Fact]
    public async Task A_mapping_outlives_the_descriptor_and_the_name()
    {
        var memory = await OpenAsync();
        await memory.SetLengthAsync(2 * Extent);
        await memory.WriteAsync(Extent + 8, "hello"u8.ToArray());
        var mapping = await memory.MapAsync(length: 4_096, offset: Extent);
        await memory.CloseAsync();
        await Ipc.PosixSharedMemory.UnlinkAsync("/m");
        await FailsAsync(Errno.ENOENT, () => Ipc.PosixSharedMemory.OpenAsync("/m"));
        await FailsAsync(Errno.EBADF, () => memory.SetLengthAsync(0));
        var read = new byte[5];
        await mapping.ReadAsync(8, read);
        Assert.Equal("hello"u8.ToArray(), read);
        Assert.Equal(0, await mapping.FetchAddAsync(0, 7L));
        Assert.Equal(7, await mapping.LoadAsync<long>(0));
        Assert.Equal((4_096, Extent), (mapping.Size, mapping.Offset));
        await mapping.UnmapAsync();
        await FailsAsync(Errno.EINVAL, () => mapping.UnmapAsync());
        await using var fresh = await OpenAsync();
        Assert.Equal(0, (await fresh.StatAsync()).Size);
    }

    [Fact]
    public async Task An_access_beyond_the_object_fails_and_works_when_the_object_has_grown()
    {
        await using var memory = await OpenAsync();
        await using var mapping = await memory.MapAsync(length: 3 * Extent);
        await FailsAsync(Errno.EFAULT, () => mapping.ReadAsync(0, new byte[1]).AsTask());
        await FailsAsync(Errno.EFAULT, () => mapping.WriteAsync(2 * Extent, new byte[1]).AsTask());
        await FailsAsync(Errno.EFAULT, () => mapping.FetchAddAsync(0, 1).AsTask());
        Assert.Equal(0, (await memory.StatAsync()).Size); // a mapping does not make it grow
        await memory.SetLengthAsync((2 * Extent) + 4);
        await mapping.WriteAsync(2 * Extent, "abcd"u8.ToArray());
        Assert.Equal(0, await mapping.FetchAddAsync(0, 1));
        await FailsAsync(Errno.EFAULT, () => mapping.WriteAsync(2 * Extent, new byte[5]).AsTask());
        await memory.SetLengthAsync(0);
        await FailsAsync(Errno.EFAULT, () => mapping.LoadAsync<int>(0).AsTask());
        await memory.SetLengthAsync(3 * Extent);
        Assert.Equal(0, await mapping.LoadAsync<int>(0));
        await FailsAsync(Errno.EFAULT, () => mapping.ReadAsync((3 * Extent) - 1, new byte[2]).AsTask());
    }

    [Fact]
    public async Task A_mapping_needs_an_access_mode_that_fits()
    {
        await using var memory = await OpenAsync();
        await memory.SetLengthAsync(100);
        await using var reader = await Ipc.PosixSharedMemory.OpenAsync("/m", OpenFlags.ReadOnly);
        await using var writer = await Ipc.PosixSharedMemory.OpenAsync("/m", OpenFlags.WriteOnly);
        await FailsAsync(Errno.EACCES, () => reader.MapAsync(100));
        await FailsAsync(Errno.EACCES, () => writer.MapAsync(100));
        await FailsAsync(Errno.EACCES, () => writer.MapAsync(100, isReadOnly: true));
        await FailsAsync(Errno.EINVAL, () => memory.MapAsync(0));
        await FailsAsync(Errno.EINVAL, () => memory.MapAsync(100, offset: 100));
        await FailsAsync(Errno.ENOMEM, () => memory.MapAsync(-1));
        await FailsAsync(Errno.EOVERFLOW, () => memory.MapAsync(8_192, offset: long.MaxValue - 4_095));
        await using var mapping = await reader.MapAsync(100, isReadOnly: true);
        Assert.True(mapping.IsReadOnly);
        Assert.Equal(0, await mapping.LoadAsync<long>(8));
        await FailsAsync(Errno.EACCES, () => mapping.WriteAsync(0, new byte[1]).AsTask());
        await FailsAsync(Errno.EACCES, () => mapping.FetchAddAsync(0, 1).AsTask());
        await using var far = await memory.MapAsync(4_096, offset: 1L << 60);
        await FailsAsync(Errno.EFAULT, () => far.ReadAsync(0, new byte[1]).AsTask());
    }

    // ---- descriptions ----

    [Fact]
    public async Task A_description_is_of_use_to_a_process_that_was_given_it()
    {
        await using var memory = await OpenAsync(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await memory.WriteAsync(0, "hello"u8.ToArray());
        await using var other = Client(2000);
        await other.PosixSharedMemory.ListAsync().GetAsyncEnumerator().MoveNextAsync(); // it has a pid then
        await FailsAsync(Errno.EACCES, () => other.PosixSharedMemory.OpenAsync("/m"));
        await using var taken = other.PosixSharedMemory.OpenShared(memory.Description);
        await FailsAsync(Errno.EBADF, () => taken.ReadAsync(0, new byte[5]).AsTask());
        await FailsAsync(Errno.EBADF, () => taken.WriteAsync(0, new byte[5]).AsTask());
        await FailsAsync(Errno.EBADF, () => taken.SetLengthAsync(0));
        await FailsAsync(Errno.EBADF, () => taken.MapAsync(5));
        await memory.ShareAsync(other.Pid);
        Assert.Equal("hello"u8.ToArray(), await ReadAsync(taken, 0, 10));
        await memory.CloseAsync();
        await taken.WriteAsync(5, "!"u8.ToArray());
        Assert.Equal("hello!"u8.ToArray(), await ReadAsync(taken, 0, 10));
        Assert.Equal(PollEvents.Readable | PollEvents.Writable, await taken.PollAsync((PollEvents)5));
    }

    [Fact]
    public async Task An_unlinked_object_ends_with_the_process_that_has_it_mapped()
    {
        await using var memory = await OpenAsync(All);
        await memory.SetLengthAsync(100);
        var other = Client(1000);
        var opened = await other.PosixSharedMemory.OpenAsync("/m");
        await opened.MapAsync(100);
        await opened.CloseAsync();
        var entry = Assert.Single(await ToListAsync(Ipc.PosixSharedMemory.ListAsync()));
        await Ipc.PosixSharedMemory.UnlinkAsync("/m");
        await memory.CloseAsync();
        Assert.Equal(100, (await Ipc.PosixSharedMemory.StatAsync(entry)).Size);
        await other.DisposeAsync();
        await FailsAsync(Errno.EBADF, () => Ipc.PosixSharedMemory.StatAsync(entry));
    }

    [Fact]
    public async Task A_volatile_object_works_as_a_durable_one()
    {
        await using var memory = await Ipc.PosixSharedMemory.OpenAsync("/v", Make, durability: Durability.Volatile);
        await memory.WriteAsync(Extent - 1, "ab"u8.ToArray());
        await memory.SetLengthAsync(Extent);
        await memory.SetLengthAsync(Extent + 1);
        Assert.Equal("a\0"u8.ToArray(), await ReadAsync(memory, Extent - 1, 9));
        Assert.Equal(Durability.Volatile, (await memory.StatAsync()).Durability);
        await using var copy = memory.Duplicate();
        await memory.CloseAsync();
        Assert.Equal(1, await copy.ReadAsync(Extent - 1, new byte[1]));
    }

    private Task<IPosixSharedMemoryObject> OpenAsync(UnixFileMode mode = All) =>
        Ipc.PosixSharedMemory.OpenAsync("/m", Make, mode);

    private static async Task<byte[]> ReadAsync(IPosixSharedMemoryObject memory, long offset, int length)
    {
        var buffer = new byte[length];
        return buffer[..await memory.ReadAsync(offset, buffer)];
    }

    private static async Task<List<T>> ToListAsync<T>(IAsyncEnumerable<T> all)
    {
        var list = new List<T>();
        await foreach (var each in all) list.Add(each);
        return list;
    }
}
