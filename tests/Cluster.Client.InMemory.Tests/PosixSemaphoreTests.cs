using Cluster.Protocol;

namespace Cluster.Client.InMemory.Tests;

/// <summary>Named POSIX semaphores as a program uses them: sem_overview(7).</summary>
public sealed class PosixSemaphoreTests : KernelTests
{
    private const OpenFlags Make = OpenFlags.Create;

    [Fact]
    public async Task A_wait_blocks_at_0_until_a_post_in_the_order_of_the_callers()
    {
        var one = await Ipc.PosixSemaphores.OpenAsync("/s", Make, value: 1);
        await one.WaitAsync();
        Assert.False(await one.TryWaitAsync());
        await FailsAsync(Errno.ETIMEDOUT, () => one.WaitAsync(TimeSpan.Zero).AsTask());
        await FailsAsync(Errno.ETIMEDOUT, () => one.WaitAsync(DateTimeOffset.UnixEpoch).AsTask());
        var first = one.WaitAsync().AsTask();
        var second = one.WaitAsync().AsTask();
        Assert.Equal((0, 2), (await one.GetValueAsync(), await one.GetWaiterCountAsync()));
        await one.PostAsync();
        await first;
        Assert.False(second.IsCompleted);
        await one.PostAsync();
        await second;
        await one.PostAsync();
        Assert.Equal(1, await one.GetValueAsync());
    }

    [Fact]
    public async Task Slashes_at_the_start_do_not_count_and_the_same_name_is_the_same_semaphore()
    {
        var one = await Ipc.PosixSemaphores.OpenAsync("s", Make, value: 7);
        await FailsAsync(
            Errno.EEXIST, () => Ipc.PosixSemaphores.OpenAsync("//s", Make | OpenFlags.Exclusive, value: 1));
        var two = await Ipc.PosixSemaphores.OpenAsync("/s", Make, value: 5_000_000_000);
        await two.WaitAsync();
        Assert.Equal(6, await one.GetValueAsync());
    }

    [Fact]
    public async Task The_value_has_a_highest_one()
    {
        await FailsAsync(
            Errno.EINVAL, () => Ipc.PosixSemaphores.OpenAsync("/s", Make, value: Bounds.PosixSemaphoreValue + 1L));
        await FailsAsync(Errno.EINVAL, () => Ipc.PosixSemaphores.OpenAsync("/s", Make, value: -1));
        var full = await Ipc.PosixSemaphores.OpenAsync("/s", Make, value: Bounds.PosixSemaphoreValue);
        await FailsAsync(Errno.EOVERFLOW, () => full.PostAsync().AsTask());
    }

    [Theory]
    [InlineData("", Errno.EINVAL, Errno.ENOENT)]
    [InlineData("/", Errno.EINVAL, Errno.ENOENT)]
    [InlineData("/a/b", Errno.EINVAL, Errno.ENOENT)]
    [InlineData("/a/", Errno.EINVAL, Errno.ENOENT)]
    [InlineData("/a\0", Errno.EINVAL, Errno.ENOENT)]
    public async Task A_bad_name_fails_as_of_the_C_library(string name, Errno open, Errno unlink)
    {
        await FailsAsync(open, () => Ipc.PosixSemaphores.OpenAsync(name, Make));
        await FailsAsync(unlink, () => Ipc.PosixSemaphores.UnlinkAsync(name));
    }

    [Fact]
    public async Task A_name_has_up_to_251_bytes_and_dots_are_names()
    {
        await Ipc.PosixSemaphores.OpenAsync("/" + new string('s', 251), Make);
        await FailsAsync(Errno.ENAMETOOLONG, () => Ipc.PosixSemaphores.OpenAsync(new string('s', 252), Make));
        await FailsAsync(Errno.EINVAL, () => Ipc.PosixSemaphores.OpenAsync(new string('s', 256), Make));
        await FailsAsync(Errno.ENAMETOOLONG, () => Ipc.PosixSemaphores.UnlinkAsync(new string('s', 255)));
        await Ipc.PosixSemaphores.OpenAsync("..", Make);
    }

    [Fact]
    public async Task A_semaphore_is_for_who_may_read_and_write_it()
    {
        await using var other = Client(2000);
        await Ipc.PosixSemaphores.OpenAsync("/s", Make, mode: (UnixFileMode)0x1B4, value: 1);
        await FailsAsync(Errno.EACCES, () => other.PosixSemaphores.OpenAsync("/s"));
        await FailsAsync(Errno.EACCES, () => other.PosixSemaphores.UnlinkAsync("/s"));
        await FailsAsync(Errno.ENOENT, () => other.PosixSemaphores.OpenAsync("/none"));
        await FailsAsync(Errno.ENOENT, () => other.PosixSemaphores.UnlinkAsync("/none"));
    }

    [Fact]
    public async Task An_unlinked_semaphore_lives_on_and_its_name_is_free()
    {
        var old = await Ipc.PosixSemaphores.OpenAsync("/s", Make, value: 3);
        await Ipc.PosixSemaphores.UnlinkAsync("/s");
        var fresh = await Ipc.PosixSemaphores.OpenAsync("/s", Make, value: 8);
        await old.WaitAsync();
        Assert.Equal((2, 8), (await old.GetValueAsync(), await fresh.GetValueAsync()));
        await old.CloseAsync();
        await FailsAsync(Errno.EBADF, () => old.PostAsync().AsTask());
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    public async Task The_end_of_a_process_posts_only_what_was_to_be_released_on_death(bool releaseOnDeath, long left)
    {
        var own = await Ipc.PosixSemaphores.OpenAsync("/s", Make, mode: (UnixFileMode)0x1B6, value: 2);
        var other = Client(1000);
        var theirs = await other.PosixSemaphores.OpenAsync("/s");
        await theirs.AcquireAsync(releaseOnDeath);
        Assert.Equal(1, await own.GetValueAsync());
        await other.DisposeAsync();
        Assert.Equal(left, await own.GetValueAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_permit_posts_once(bool releaseOnDeath)
    {
        var semaphore = await Ipc.PosixSemaphores.OpenAsync("/s", Make, value: 1);
        var permit = await semaphore.AcquireAsync(releaseOnDeath);
        Assert.False(permit.Lost.IsCancellationRequested);
        Assert.Equal(0, await semaphore.GetValueAsync());
        await permit.DisposeAsync();
        await permit.DisposeAsync();
        Assert.Equal(1, await semaphore.GetValueAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_permit_is_given_back_after_the_semaphore_was_closed(bool releaseOnDeath)
    {
        var semaphore = await Ipc.PosixSemaphores.OpenAsync("/s", Make, value: 1);
        var other = await Ipc.PosixSemaphores.OpenAsync("/s");
        var permit = await semaphore.AcquireAsync(releaseOnDeath);
        await semaphore.CloseAsync();
        await permit.DisposeAsync();
        Assert.Equal(1, await other.GetValueAsync());
        var entry = await Ipc.PosixSemaphores.ListAsync().SingleAsync();
        Assert.Equal(1, (await Ipc.PosixSemaphores.StatAsync(entry)).Descriptions);
    }

    [Fact]
    public async Task A_semaphore_is_ready_as_any_file_is()
    {
        var semaphore = await Ipc.PosixSemaphores.OpenAsync("/s", Make);
        Assert.Equal(PollEvents.Readable, await semaphore.PollAsync(PollEvents.Readable));
    }
}
