using System.Diagnostics;
using Cluster.Client;
using Cluster.EndToEnd.Processes;

namespace Cluster.EndToEnd;

/// <summary>
/// An answered call is on the disk: strace(1) counts the syncs of a node whose client makes one durable call at a time.
/// Without strace the test is skipped; with STRACE_REQUIRED=1 it fails.
/// </summary>
public sealed class SyncTests
{
    private const int Calls = 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [SkippableFact]
    public async Task The_journal_is_synced_before_each_answer()
    {
        Require();
        await using var node = await NodeProcess.StartAsync();
        await using var client = await IpcClient.ConnectAsync(new IpcClientOptions { Addresses = [node.Address], Uid = 0 });
        var queue = await client.MessageQueues.CreateAsync();
        await queue.SendAsync(1, "first"u8.ToArray());

        var output = Path.GetTempFileName();
        try
        {
            using var strace = Process.Start(new ProcessStartInfo(
                "strace", ["-f", "-p", $"{node.Pid}", "-e", "trace=fsync,fdatasync", "-o", output])
            {
                RedirectStandardError = true,
            })!;
            // strace says so when it is attached to every thread.
            while (await strace.StandardError.ReadLineAsync().WaitAsync(Patience) is { } line
                && !line.Contains("attached", StringComparison.Ordinal))
            {
            }

            for (var i = 0; i < Calls; i++) await queue.SendAsync(1, "next"u8.ToArray());
            using var interrupt = Process.Start("kill", ["-INT", $"{strace.Id}"]);
            await strace.WaitForExitAsync().WaitAsync(Patience);
            var syncs = File.ReadLines(output).Count(line => line.Contains("sync(", StringComparison.Ordinal));
            Assert.True(syncs >= Calls, $"{syncs} syncs for {Calls} answered calls");
        }
        finally
        {
            File.Delete(output);
        }
    }

    private static void Require()
    {
        var isThere = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Any(folder => File.Exists(Path.Combine(folder, "strace")));
        if (isThere) return;
        const string Reason = "strace was not found on this machine.";
        if (Environment.GetEnvironmentVariable("STRACE_REQUIRED") == "1") Assert.Fail(Reason);
        Skip.If(true, Reason);
    }
}
