using System.Diagnostics;
using Cluster.EndToEnd.Processes;

namespace Cluster.EndToEnd;

/// <summary>The ipc tool with an output that cannot be written.</summary>
public sealed class OutputTests
{
    [Theory]
    [InlineData("> /dev/full", "ipc: standard output: No space left on device\n")]
    [InlineData("| true", "")]
    public async Task A_message_that_cannot_be_written_goes_back(string where, string said)
    {
        await using var node = await NodeProcess.StartAsync();
        var made = await CliProcess.RunAsync(node.Address, "ipcmk", "-Q");
        Assert.Equal(new CliRun(0, "Message queue id: 0\n", ""), made);
        foreach (var text in new[] { "first", "second" })
        {
            var sent = await CliProcess.RunAsync(node.Address, "msg", "send", "0", text);
            Assert.Equal(new CliRun(0, "", ""), sent);
        }

        var (exitCode, error) = await ShellAsync(node.Address, where);
        Assert.Equal((1, said), (exitCode, error));
        foreach (var text in new[] { "first", "second" })
        {
            var run = await CliProcess.RunAsync(node.Address, "msg", "receive", "0", "--timeout", "30s");
            Assert.Equal($"{text}\n", run.Output);
        }
    }

    private static async Task<(int ExitCode, string Error)> ShellAsync(string address, string where)
    {
        var start = new ProcessStartInfo("bash") { RedirectStandardError = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"set -o pipefail; dotnet '{NodeProcess.Metadata("Cli")}' msg receive 0 {where}");
        start.Environment["IPC_CONNECT"] = address;
        using var shell = Process.Start(start)!;
        var error = await shell.StandardError.ReadToEndAsync();
        await shell.WaitForExitAsync();
        return (shell.ExitCode, error);
    }
}
