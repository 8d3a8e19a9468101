using System.Diagnostics;

namespace Cluster.Exec.Tests;

/// <summary>The program that runs is the process that was started.</summary>
[Collection(ExecCollection.Name)]
public sealed class ExecTests(ExecFixture exec)
{
    [SkippableFact]
    public async Task The_exit_status_is_the_programs()
    {
        Tools.NeedShim();
        Assert.Equal(7, (await exec.RunAsync("sh", "-c", "exit 7")).ExitCode);
        Assert.Equal(128 + 9, (await exec.RunAsync("sh", "-c", "kill -9 $$")).ExitCode);
        Assert.Equal(127, (await exec.RunAsync("no-such-program")).ExitCode);
        Assert.Equal(126, (await exec.RunAsync("/etc/passwd")).ExitCode);
        Assert.Equal(2, (await exec.RunAsync()).ExitCode);
    }

    [SkippableFact]
    public async Task Who_names_an_address_where_no_node_is_is_told_so_and_the_program_runs()
    {
        Tools.NeedShim();
        var run = await exec.RunAsync("--connect", "http://127.0.0.1:1", "sh", "-c", "exit 7");
        Assert.Equal(7, run.ExitCode);
        Assert.Equal(
            "ipc exec: no node answers at http://127.0.0.1:1 (Connection refused); IPC calls wait until one does\n",
            run.Error);
        Assert.Equal("", (await exec.RunAsync("true")).Error);
    }

    [SkippableFact]
    public async Task Programs_call_by_the_unix_socket_of_a_node()
    {
        Tools.NeedShim();
        var made = await exec.RunAsync("--connect", $"unix:{exec.Socket}", "ipcmk", "-Q");
        Assert.Equal((0, ""), (made.ExitCode, made.Error));
        Assert.StartsWith("Message queue id: ", made.Output, StringComparison.Ordinal);
        var nobody = await exec.RunAsync("--connect", $"unix:{exec.Socket}.none", "true");
        Assert.Equal(
            $"ipc exec: no node answers at unix:{exec.Socket}.none (Connection refused); IPC calls wait until one does\n",
            nobody.Error);
    }

    [SkippableFact]
    public async Task Pid_input_and_output_are_the_programs()
    {
        Tools.NeedShim();
        using var process = exec.Begin(exec.Agent, "sh", "-c", "echo $$; cat");
        await process.StandardInput.WriteAsync("text\n");
        process.StandardInput.Close();
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal($"{process.Id}\ntext\n", said);
    }

    [SkippableFact]
    public async Task The_tool_becomes_the_program_as_well()
    {
        Tools.NeedShim();
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        start.Environment["IPC_AGENT_DIRECTORY"] = exec.Agent;
        string[] words =
        [
            EndToEnd.Processes.NodeProcess.Metadata("Cli"), "--connect", exec.Node.Address, "exec", "--stats", "sh", "-c",
            "echo $$ $1; ulimit -n; trap '' PIPE", "sh", "--trace",
        ];
        foreach (var word in words)
            start.ArgumentList.Add(word);
        using var process = Process.Start(start)!;
        var said = (await process.StandardOutput.ReadToEndAsync()).Split('\n');
        await process.WaitForExitAsync();
        Assert.Equal($"{process.Id} --trace", said[0]);
        Assert.Equal(0, process.ExitCode);
    }

    [SkippableFact]
    public async Task Trace_and_stats_say_what_was_called()
    {
        Tools.NeedShim();
        var run = await exec.RunAsync("--trace", "--stats", Tools.Find("ipcmk"), "-Q");
        Assert.Contains("msgget(", run.Error, StringComparison.Ordinal);
        Assert.Contains("1 calls, 0 failed", run.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_call_that_escapes_finds_no_room()
    {
        Tools.NeedShim();
        Tools.Need(Environment.IsPrivilegedProcess, "only root may have another IPC namespace");
        // Without the library in its environment the child's calls are the kernel's.
        var run = await exec.RunAsync("env", "-u", "LD_PRELOAD", Tools.Find("ipcmk"), "-Q");
        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains("No space left on device", run.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task The_first_program_starts_an_agent_that_ends_when_it_is_idle()
    {
        Tools.NeedShim();
        var directory = exec.Scratch("own-agent");
        var run = await exec.RunAtAsync(directory, "env", "ipcmk", "-Q");
        Assert.Equal(0, run.ExitCode);
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        foreach (var word in (string[])[EndToEnd.Processes.NodeProcess.Metadata("Cli"), "agent", "--directory", directory])
            start.ArgumentList.Add(word);
        using (var second = Process.Start(start)!)
            Assert.Equal("another agent runs already\n", await second.StandardOutput.ReadToEndAsync());
        var pid = int.Parse(await File.ReadAllTextAsync(Path.Combine(directory, "pid")), null);
        using var agent = Process.GetProcessById(pid);
        using var kill = Process.Start("kill", ["-TERM", $"{pid}"]);
        await agent.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.False(File.Exists(Path.Combine(directory, "agent")));
    }
}
