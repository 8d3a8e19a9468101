using System.Diagnostics;
using System.Text;
using Cluster.Client;
using Cluster.EndToEnd.Processes;

namespace Cluster.EndToEnd;

/// <summary>
/// The disk of the journal is full: nothing acknowledged is lost, and service resumes when there is room.
/// </summary>
public sealed class FullDiskTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [SkippableFact]
    public async Task Calls_wait_while_the_disk_is_full_and_then_continue()
    {
        Skip.IfNot(
            Environment.IsPrivilegedProcess && OperatingSystem.IsLinux(), "only root may mount a small file system");
        var disk = Directory.CreateTempSubdirectory("ipc-disk-").FullName;
        Skip.IfNot(
            await RunAsync("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk) == 0, "it may not be mounted");
        try
        {
            await using var node = await NodeProcess.StartInAsync(Path.Combine(disk, "data"));
            await PlayAsync(node, Path.Combine(disk, "ballast"));
        }
        finally
        {
            await RunAsync("umount", "-l", disk);
            Directory.Delete(disk);
        }
    }

    private static async Task PlayAsync(NodeProcess node, string ballast)
    {
        await using var ipc = await IpcClient.ConnectAsync(
            new IpcClientOptions { Addresses = [node.Address], Uid = 0, Gid = 0, Lease = Patience });
        var queue = await ipc.MessageQueues.CreateAsync();
        await queue.SendAsync(1, "0"u8.ToArray());
        Fill(ballast);
        Task[] sends = [.. Enumerable.Range(1, 50)
            .Select(i => queue.SendAsync(1, Encoding.UTF8.GetBytes($"{i}")).AsTask())];
        using var patience = new CancellationTokenSource(Patience);
        while (!node.Output.Contains("journal's database failed", StringComparison.Ordinal))
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        File.Delete(ballast);
        await Task.WhenAll(sends).WaitAsync(Patience);
        await node.KillAsync();
        await node.RestartAsync();
        var received = new List<string>();
        while (await queue.TryReceiveAsync() is { } message) received.Add(Encoding.UTF8.GetString(message.Text.Span));
        Assert.Equal(Enumerable.Range(0, 51).Select(i => $"{i}"), received);
    }

    private static void Fill(string ballast)
    {
        using var file = File.Create(ballast, 1);
        var block = new byte[4096];
        try
        {
            while (true) file.Write(block);
        }
        catch (IOException)
        {
            // That was the last block.
        }
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
