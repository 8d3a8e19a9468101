using System.Diagnostics;
using Cluster.Client;
using static Cluster.Protocol.Call.OpOneofCase;

namespace Cluster.Cli.Tests;

/// <summary>ipc mq notify: a message reaches a process that does not wait for it.</summary>
public sealed class NotifyCommandTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Tool _tool = new();

    [Fact]
    public async Task Notify_prints_who_sent_the_message_that_stays_in_the_queue()
    {
        var queue = await _tool.MakePosixQueueAsync("/q");
        var running = RunAsync("mq", "notify", "/q", "--json");
        await RegisteredAsync();
        Assert.Equal("NOTIFY:2", (await FileAsync("/q")).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);
        await queue.SendAsync("hello"u8.ToArray());
        Assert.Equal(0, await running.WaitAsync(Patience));
        Assert.EndsWith(
            $"{{\"pid\":{_tool.Ipc.Pid},\"uid\":{_tool.Ipc.Uid}}}\n", _tool.Output, StringComparison.Ordinal);
        Assert.Matches("^ipc: /q: process [0-9]+ is registered\n$", _tool.Error);
        Assert.Equal(1, (await queue.GetAttributesAsync()).Messages);
        Assert.Equal(0, _tool.Connected);
    }

    [Fact]
    public async Task A_real_process_gets_the_signal()
    {
        var queue = await _tool.MakePosixQueueAsync("/q");
        var start = new ProcessStartInfo(
            "sh", ["-c", "trap 'kill $!; echo caught; exit 7' USR1; sleep 600 & echo ready; wait"])
        {
            RedirectStandardOutput = true,
        };
        using var other = Process.Start(start)!;
        try
        {
            Assert.Equal("ready", await other.StandardOutput.ReadLineAsync().WaitAsync(Patience));
            var running = RunAsync("mq", "notify", "/q", "--signal", "USR1", "--to", $"{other.Id}");
            await RegisteredAsync();
            Assert.Equal("SIGNO:10", (await FileAsync("/q")).Split(' ', StringSplitOptions.RemoveEmptyEntries)[2]);
            Assert.False(other.HasExited);
            await queue.SendAsync("hello"u8.ToArray());
            Assert.Equal(0, await running.WaitAsync(Patience));
            Assert.Equal("caught", await other.StandardOutput.ReadLineAsync().WaitAsync(Patience));
            await other.WaitForExitAsync().WaitAsync(Patience);
            Assert.Equal(7, other.ExitCode);
        }
        finally
        {
            other.Kill(entireProcessTree: true); // nothing, if it has ended
        }
    }

    [Fact]
    public async Task A_signal_to_no_process_is_an_error()
    {
        var queue = await _tool.MakePosixQueueAsync("/q");
        var running = RunAsync("mq", "notify", "/q", "--signal", "10", "--to", $"{int.MaxValue}");
        await RegisteredAsync();
        await queue.SendAsync("hello"u8.ToArray());
        Assert.Equal(1, await running.WaitAsync(Patience));
        Assert.EndsWith(
            $"ipc: mq notify: cannot send signal 10 to OS process {int.MaxValue}: No such process\n", _tool.Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_finds_the_sender_and_its_exit_code_is_the_tools()
    {
        var queue = await _tool.MakePosixQueueAsync("/q");
        var folder = Directory.CreateTempSubdirectory("ipc-notify-").FullName;
        try
        {
            var said = Path.Combine(folder, "said");
            var running = RunAsync(
                "mq", "notify", "/q", "--exec", $"echo $IPC_SENDER_PID $IPC_SENDER_UID > {said}; exit 5");
            await RegisteredAsync();
            await queue.SendAsync("hello"u8.ToArray());
            Assert.Equal(5, await running.WaitAsync(Patience));
            Assert.Equal($"{_tool.Ipc.Pid} {_tool.Ipc.Uid}\n", await File.ReadAllTextAsync(said));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task One_process_is_registered_and_its_end_or_the_time_out_removes_it()
    {
        var queue = await _tool.MakePosixQueueAsync("/q");
        await using (await queue.NotifyAsync())
        {
            Assert.Equal(1, await RunAsync("mq", "notify", "/q"));
            Assert.Equal("ipc: mq_notify: EBUSY (a process is registered already)\n", _tool.Error);
        }

        Assert.Equal(124, await RunAsync("mq", "notify", "/q", "--timeout", "20ms"));
        Assert.EndsWith("ipc: mq_notify: ETIMEDOUT (timed out)\n", _tool.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await queue.GetAttributesAsync()).NotifyPid);
    }

    private Task<int> RunAsync(params string[] words) => _tool.RunAsync(words);

    // The calls of mq_notify(3) and of the wait for its use.
    private Task RegisteredAsync() => _tool.Traffic.ReachedAsync(Mqueue, 2).WaitAsync(Patience);

    private async Task<string> FileAsync(string name)
    {
        var before = _tool.Output.Length;
        Assert.Equal(0, await RunAsync("cat", $"/dev/mqueue{name}"));
        return _tool.Output[before..];
    }
}
