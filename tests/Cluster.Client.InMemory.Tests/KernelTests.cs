using Cluster.Protocol;

namespace Cluster.Client.InMemory.Tests;

/// <summary>A kernel in memory, and a client of it.</summary>
public abstract class KernelTests : IAsyncDisposable
{
    protected KernelTests(uint uid = 1000) => Ipc = Client(uid);

    protected InMemoryKernel Kernel { get; } = new();

    protected IpcClient Ipc { get; }

    public async ValueTask DisposeAsync()
    {
        await Ipc.DisposeAsync();
        Kernel.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The options of a client.</summary>
    protected virtual IpcClientOptions OptionsOf(uint uid) => new() { Uid = uid };

    protected IpcClient Client(uint uid) => IpcClient.CreateInMemory(Kernel, OptionsOf(uid));

    /// <summary>Waits until a call of a process has arrived and has no result.</summary>
    protected static async Task SleepsAsync(IpcClient seenBy, int pid)
    {
        while ((await seenBy.Processes.GetAsync(pid)).State != IpcProcessState.Sleeping) await Task.Yield();
    }

    protected static async Task FailsAsync(Errno errno, Func<Task> call) =>
        Assert.Equal(errno, Assert.IsAssignableFrom<IIpcError>(await Assert.ThrowsAnyAsync<Exception>(call)).Errno);
}
