using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Tests;

/// <summary>ipc ps, ipc kill and ipc sigwait.</summary>
public sealed class ProcessCommandTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Tool _tool = new();

    [Fact]
    public async Task Ps_shows_a_process_and_what_it_waits_for()
    {
        var queue = await _tool.Ipc.MessageQueues.CreateAsync();
        var receive = queue.ReceiveAsync().AsTask();
        Assert.Equal(_tool.Ipc.Pid, await ReceiverOfAsync(queue));
        Assert.Equal(0, await _tool.RunAsync("ps"));
        var lines = _tool.Output.TrimEnd().Split('\n');
        string[] Cells(int line) => lines[line].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["PID", "UID", "GID", "STAT", "WCHAN", "OBJECT", "WAITED", "NODE"], Cells(0));
        var (uid, gid) = ($"{_tool.Ipc.Uid}", $"{_tool.Ipc.Gid}");
        string[] expected = [$"{_tool.Ipc.Pid}", uid, gid, "S", "msgrcv", $"msg:{queue.Id}"];
        Assert.Equal([.. expected, "memory"], [.. Cells(1)[..6], Cells(1)[7]]);
        Assert.Matches("^[0-9]+\\.[0-9]$", Cells(1)[6]);
        Assert.Equal("R", Cells(2)[3]);
        Assert.Equal(3, lines.Length);
        await queue.SendAsync(1, "x"u8.ToArray());
        await receive;
    }

    [Fact]
    public async Task Ps_of_one_process_as_json()
    {
        await _tool.Ipc.Namespace.GetLimitsAsync();
        await _tool.Ipc.Signals.KillAsync(_tool.Ipc.Pid, Signal.SIGCHLD);
        Assert.Equal(0, await _tool.RunAsync("ps", $"{_tool.Ipc.Pid}", "--json"));
        Assert.Equal(_tool.Ipc.Pid, _tool.Json.GetProperty("pid").GetInt32());
        Assert.Equal("R", _tool.Json.GetProperty("state").GetString());
        Assert.Equal(0, _tool.Json.GetProperty("waits").GetArrayLength());
    }

    [Fact]
    public async Task Ps_j_shows_parents_groups_and_sessions()
    {
        await using var parent = await _tool.ConnectAsync(4711);
        await using var child = IpcClient.CreateInMemory(
            _tool.Kernel, new IpcClientOptions { Uid = 4711, Parent = await parent.Processes.GetParentAsync() });
        await child.Processes.SetGroupAsync();
        Assert.Equal(0, await _tool.RunAsync("ps", "-j", $"{child.Pid}"));
        var lines = _tool.Output.TrimEnd().Split('\n');
        Assert.Equal(["PID", "PPID", "PGID", "SID", "UID"], Cells(lines[0])[..5]);
        Assert.Equal([$"{child.Pid}", $"{parent.Pid}", $"{child.Pid}", $"{parent.Pid}", "4711"], Cells(lines[1])[..5]);
    }

    [Fact]
    public async Task Kill_takes_a_group()
    {
        await using var parent = await _tool.ConnectAsync(4711);
        await using var child = IpcClient.CreateInMemory(
            _tool.Kernel, new IpcClientOptions { Uid = 4711, Parent = await parent.Processes.GetParentAsync() });
        await child.Signals.PendingAsync();
        Assert.Equal(0, await _tool.RunAsync("--uid", "4711", "kill", "-9", "--", $"-{parent.Pid}"));
        foreach (var each in new[] { parent, child })
        {
            var failure = await Assert.ThrowsAsync<IpcSessionLostException>(() => each.Namespace.GetLimitsAsync());
            Assert.Equal(Signal.SIGKILL, failure.KilledBy);
        }

        Assert.Equal(1, await _tool.RunAsync("kill", "--", "-99999"));
        Assert.Equal("ipc: process -99999: kill: ESRCH (no such process)\n", _tool.Error);
    }

    [Fact]
    public async Task Run_starts_a_parent_whose_status_is_that_of_the_command()
    {
        await using var watcher = await _tool.ConnectAsync(4711);
        await watcher.Signals.PendingAsync();
        const string script = "test ${#IPC_PARENT} -gt 65 && test \"$IPC_NAMESPACE\" = / && exit 7";
        Assert.Equal(7, await _tool.RunAsync("run", "--", "sh", "-c", script).WaitAsync(Patience));
        Assert.Equal(127, await _tool.RunAsync("run", "--", "/no/such/program").WaitAsync(Patience));
        Assert.Equal(0, _tool.Connected - 1); // the watcher
    }

    private static string[] Cells(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    [Fact]
    public async Task Ps_of_no_process_fails()
    {
        Assert.Equal(1, await _tool.RunAsync("ps", "99999"));
        Assert.Equal("ipc: ps: ESRCH (no such process)\n", _tool.Error);
        Assert.Equal(2, await _tool.RunAsync("ps", "x"));
    }

    [Fact]
    public async Task Kill_ends_a_command_that_says_which_signal_it_was()
    {
        var queue = await _tool.Ipc.MessageQueues.CreateAsync();
        var victim = new Tool(_tool.Kernel);
        var running = victim.RunAsync("msg", "receive", $"{queue.Id}");
        var pid = await ReceiverOfAsync(queue);
        Assert.Equal(0, await _tool.RunAsync("kill", "-s", "TERM", $"{pid}"));
        Assert.Equal(128 + 15, await running.WaitAsync(Patience));
        Assert.Contains("killed by signal 15 (SIGTERM)", victim.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await queue.StatAsync()).Receivers);
    }

    [Fact]
    public async Task Kill_goes_on_after_a_failure()
    {
        await _tool.Ipc.Namespace.GetLimitsAsync();
        var pid = _tool.Ipc.Pid;
        Assert.Equal(1, await _tool.RunAsync("kill", "-s", "0", "99999", $"{pid}", "99998"));
        Assert.Equal(
            "ipc: process 99999: kill: ESRCH (no such process)\nipc: process 99998: kill: ESRCH (no such process)\n",
            _tool.Error);
        await using var foreign = await _tool.ConnectAsync(4711);
        Assert.Equal(1, await _tool.RunAsync("--uid", "4712", "kill", $"{foreign.Pid}"));
        Assert.EndsWith("kill: EPERM (the process is another user's)\n", _tool.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-9", Signal.SIGKILL)]
    [InlineData("-HUP", Signal.SIGHUP)]
    [InlineData("-SIGRTMIN+2", Signal.SIGRTMIN + 2)]
    public async Task Kill_takes_a_signal_as_kill_of_util_linux_does(string word, Signal signal)
    {
        await using var victim = await _tool.ConnectAsync(4711);
        Assert.Equal(0, await _tool.RunAsync("--uid", "4711", "kill", "-0", $"{victim.Pid}"));
        Assert.Equal(0, await _tool.RunAsync("--uid", "4711", "kill", word, $"{victim.Pid}"));
        var failure = await Assert.ThrowsAsync<IpcSessionLostException>(() => victim.Namespace.GetLimitsAsync());
        Assert.Equal(signal, failure.KilledBy);
    }

    [Theory]
    [InlineData("kill")]
    [InlineData("kill -l 7")]
    [InlineData("kill -s NONE 7")]
    [InlineData("kill -s 65 7")]
    [InlineData("kill -s RTMIN+31 7")]
    [InlineData("kill x")]
    [InlineData("sigwait")]
    [InlineData("sigwait 0")]
    public async Task A_wrong_command_line_is_refused(string line) => Assert.Equal(2, await _tool.RunAsync(line));

    [Fact]
    public async Task Kill_l_lists_the_signals()
    {
        Assert.Equal(0, await _tool.RunAsync("kill", "-l"));
        var words = _tool.Output.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2 * 62, words.Length);
        Assert.Equal(["1", "HUP", "2", "INT"], words[..4]);
        Assert.Equal(["34", "RTMIN", "35", "RTMIN+1"], words[62..66]);
        Assert.Equal(["63", "RTMAX-1", "64", "RTMAX"], words[^4..]);
        Assert.Empty(_tool.Connections);
    }

    [Fact]
    public async Task Sigwait_prints_the_signals_that_kill_sends()
    {
        var waiter = new Tool(_tool.Kernel);
        var running = waiter.RunAsync("sigwait", "USR1", "RTMIN+1");
        while (!waiter.Error.Contains(" waits for SIGUSR1 SIGRT_3\n", StringComparison.Ordinal)) await Task.Yield();
        var pid = waiter.Error.Split(' ')[2];
        Assert.Equal(0, await _tool.RunAsync("kill", "-s", "RTMIN+1", "-q", "-42", pid));
        Assert.Equal(0, await running.WaitAsync(Patience));
        Assert.Matches("^SIGRT_3 from process [0-9]+ of uid [0-9]+, value -42\n$", waiter.Output);
    }

    [Fact]
    public async Task Waitpid_says_how_a_process_has_ended()
    {
        await using var victim = await _tool.ConnectAsync(4711);
        Assert.Equal(124, await _tool.RunAsync("waitpid", $"{victim.Pid}", "--timeout", "0"));
        var running = _tool.RunAsync("waitpid", $"{victim.Pid}");
        while (!(await _tool.Ipc.Processes.ListAsync().ToListAsync()).Exists(each =>
            each.Waits.Any(wait => wait.Call == "process_await"))) await Task.Yield();
        Assert.Equal(0, await new Tool(_tool.Kernel).RunAsync("--uid", "0", "kill", "-s", "INT", $"{victim.Pid}"));
        Assert.Equal(0, await running.WaitAsync(Patience));
        Assert.Equal($"{victim.Pid} was killed by SIGINT\n", _tool.Output);
        Assert.Equal(2, await _tool.RunAsync("waitpid", "0"));
    }

    [Fact]
    public async Task Waitpid_hears_of_a_process_that_ends_before_its_turn()
    {
        await using var first = await _tool.ConnectAsync(4711);
        await using var second = await _tool.ConnectAsync(4711);
        var running = _tool.RunAsync("waitpid", $"{first.Pid}", "99999", $"{second.Pid}");
        while ((await _tool.Ipc.Processes.ListAsync().ToListAsync())
            .Sum(each => each.Waits.Count(wait => wait.Call == "process_await")) < 2) await Task.Yield();
        await second.ExitAsync(7);
        await first.ExitAsync(0);
        Assert.Equal(1, await running.WaitAsync(Patience));
        Assert.Equal($"{first.Pid} has exited\n{second.Pid} has exited with 7\n", _tool.Output);
        Assert.Equal("ipc: process 99999: waitid: ESRCH (no such process)\n", _tool.Error);
    }

    [Fact]
    public async Task Sigwait_ends_at_its_timeout()
    {
        Assert.Equal(124, await _tool.RunAsync("sigwait", "USR1", "--timeout", "0"));
        Assert.Contains("sigtimedwait: EAGAIN (timed out)", _tool.Error, StringComparison.Ordinal);
    }

    private async Task<int> ReceiverOfAsync(IMessageQueue queue)
    {
        while (true)
        {
            await foreach (var each in _tool.Ipc.Processes.ListAsync())
            {
                if (each.Waits.Any(wait => wait.Call == "msgrcv" && wait.Id == queue.Id)) return each.Pid;
            }
        }
    }
}
