using System.Diagnostics;
using System.Globalization;
using Cluster.Client;

namespace Cluster.Exec.Tests;

/// <summary>The agent is killed: the one that the launcher has started comes again, and the programs wait for it.</summary>
[Collection(ExecCollection.Name)]
public sealed class AgentLossTests(ExecFixture exec)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [SkippableFact]
    public async Task A_program_that_waits_goes_on_with_the_next_agent()
    {
        Tools.NeedShim();
        var directory = exec.Scratch("killed-agent");
        await using var ipc = await IpcClient.ConnectAsync(new IpcClientOptions
        {
            Addresses = [exec.Node.Address], Uid = 0, Gid = 0,
        });
        var queue = await ipc.MessageQueues.CreateAsync();
        using var program = exec.Begin(
            directory, Tools.Find("perl"), "-e", $"msgrcv({queue.Id},$b,100,0,0) or die $!; print unpack('l! a*',$b)");
        while ((await queue.StatAsync()).Receivers == 0)
            await Task.Yield();
        var first = await PidAsync(directory);
        await SignalAsync("-KILL", first);
        var second = await NextPidAsync(directory, first);
        await queue.SendAsync(3, "again"u8.ToArray());
        Assert.Equal("3again", await program.StandardOutput.ReadToEndAsync().WaitAsync(Patience));
        using var agent = Process.GetProcessById(second);
        await SignalAsync("-TERM", second);
        await agent.WaitForExitAsync().WaitAsync(Patience);
    }

    private static async Task<int> NextPidAsync(string directory, int before)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            patience.Token.ThrowIfCancellationRequested();
            if (await PidAsync(directory) is var pid && pid != before && pid != 0)
                return pid;
            await Task.Yield();
        }
    }

    private static async Task<int> PidAsync(string directory)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(directory, "pid"));
        return int.TryParse(text, NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var pid) ? pid : 0;
    }

    private static async Task SignalAsync(string signal, int pid)
    {
        using var kill = Process.Start("kill", [signal, $"{pid}"]);
        await kill.WaitForExitAsync();
    }
}
