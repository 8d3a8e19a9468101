using Cluster.Client;

namespace Cluster.Cli.Tests;

/// <summary>ipcmk and ipcrm of POSIX objects, as of util-linux 2.41.</summary>
public sealed class PosixMakeAndRemoveTests
{
    private readonly Tool _tool = new();

    [Fact]
    public async Task Ipcmk_makes_one_object_of_each_kind_with_one_name()
    {
        Assert.Equal(0, await _tool.RunAsync("ipcmk -Q -q -m 64K -s -p 0600 -n /x"));
        Assert.Equal(
            "POSIX shared memory name: /x\nMessage queue id: 0\nPOSIX message queue name: /x\nPOSIX semaphore name: /x\n",
            _tool.Output);
        await using var memory = await _tool.Ipc.PosixSharedMemory.OpenAsync("/x");
        Assert.Equal((65_536, 0x180), ((await memory.StatAsync()).Size, (int)(await memory.StatAsync()).Mode));
        await using var semaphore = await _tool.Ipc.PosixSemaphores.OpenAsync("/x");
        Assert.Equal(0, await semaphore.GetValueAsync());
    }

    [Fact]
    public async Task Ipcmk_finds_the_object_that_has_the_name()
    {
        Assert.Equal(0, await _tool.RunAsync("ipcmk --posix-mqueue --name /x --json"));
        Assert.Equal(0, await _tool.RunAsync("ipcmk --posix-mqueue --name /x --volatile"));
        Assert.Equal("{\"posix-mqueue\":\"/x\"}\nPOSIX message queue name: /x\n", _tool.Output);
        Assert.Single(await _tool.Ipc.PosixMessageQueues.ListAsync().ToListAsync());
    }

    [Fact]
    public async Task Ipcmk_needs_a_name()
    {
        Assert.Equal(1, await _tool.RunAsync("ipcmk -s"));
        Assert.Contains("ipcmk: name is required for POSIX IPC (-n NAME)", _tool.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ipcrm_removes_by_name_and_reports_what_it_cannot_remove()
    {
        await MakeAsync("/a", "/b");
        Assert.Equal(0, await _tool.RunAsync("ipcrm --posix-mqueue /a --posix-shmem /a --posix-semaphore /a /b -v"));
        Assert.Equal(
            "removing POSIX shared memory `/a'\nremoving POSIX semaphore `/a'\nremoving POSIX semaphore `/b'\n"
            + "removing POSIX message queue `/a'\n",
            _tool.Output);
        var longName = "/" + new string('x', 256);
        Assert.Equal(
            1, await _tool.RunAsync($"ipcrm --posix-mqueue /none {longName} /b --posix-shmem /b --uid 7"));
        Assert.Equal(
            "ipcrm: permission denied for name `/b'\nipcrm: name `/none' not found\n"
            + $"ipcrm: name `{longName}' too long\nipcrm: permission denied for name `/b'\n",
            _tool.Error);
        Assert.Equal(1, await _tool.RunAsync("ipcrm --posix-mqueue none"));
        Assert.Contains("mq_unlink: EINVAL", _tool.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--all=pmsg", 0, 2, 2)]
    [InlineData("--all=psem", 2, 0, 2)]
    [InlineData("--all=pshm", 2, 2, 0)]
    [InlineData("--all=msg", 2, 2, 2)]
    [InlineData("-a", 0, 0, 0)]
    public async Task Ipcrm_removes_all_of_a_kind(string all, int queues, int semaphores, int memories)
    {
        await MakeAsync("/a", "/b");
        Assert.Equal(0, await _tool.RunAsync($"ipcrm {all}"));
        Assert.Equal(
            (queues, semaphores, memories),
            (await _tool.Ipc.PosixMessageQueues.ListAsync().CountAsync(),
                await _tool.Ipc.PosixSemaphores.ListAsync().CountAsync(),
                await _tool.Ipc.PosixSharedMemory.ListAsync().CountAsync()));
    }

    private async Task MakeAsync(params string[] names)
    {
        foreach (var name in names)
        {
            await using var queue = await _tool.Ipc.PosixMessageQueues.OpenAsync(
                name, OpenFlags.Create | OpenFlags.ReadWrite);
            await using var semaphore = await _tool.Ipc.PosixSemaphores.OpenAsync(name, OpenFlags.Create);
            await using var memory = await _tool.Ipc.PosixSharedMemory.OpenAsync(
                name, OpenFlags.Create | OpenFlags.ReadWrite);
        }
    }
}
