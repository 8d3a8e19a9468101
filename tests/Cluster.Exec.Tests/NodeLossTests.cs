using Cluster.Client;
using Cluster.EndToEnd.Processes;

namespace Cluster.Exec.Tests;

/// <summary>The node dies and comes back while a program waits: a delay, and nothing else.</summary>
public sealed class NodeLossTests : IAsyncLifetime
{
    private readonly ExecFixture _exec = new(); // a node of its own

    public Task InitializeAsync() => _exec.InitializeAsync();

    public Task DisposeAsync() => _exec.DisposeAsync();

    [SkippableFact]
    public async Task A_program_that_waits_in_msgrcv_gets_its_message_after_the_node_was_killed()
    {
        Tools.NeedShim();
        await using var ipc = await IpcClient.ConnectAsync(new IpcClientOptions
        {
            Addresses = [_exec.Node.Address], Uid = 0, Gid = 0,
        });
        var queue = await ipc.MessageQueues.CreateAsync();
        using var program = _exec.Begin(
            _exec.Agent, Tools.Find("perl"), "-e", $"msgrcv({queue.Id},$b,100,0,0) or die $!; print unpack('l! a*',$b)");
        await WaitsAsync(queue);
        await _exec.Node.KillAsync();
        await _exec.Node.RestartAsync();
        await queue.SendAsync(3, "after"u8.ToArray());
        Assert.Equal("3after", await program.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromMinutes(1)));
        await program.WaitForExitAsync();
        Assert.Equal(0, program.ExitCode);
    }

    private static async Task WaitsAsync(IMessageQueue queue)
    {
        while ((await queue.StatAsync()).Receivers == 0)
            await Task.Yield();
    }
}
