using System.Diagnostics;
using Cluster.Client;

namespace Cluster.Cli.Tests;

/// <summary>ipc sem op --undo: what is taken is given back when the command ends.</summary>
public sealed class UndoTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Tool _tool = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("ipc-undo-").FullName;
    private ISemaphoreSet _set = null!;

    public async Task InitializeAsync()
    {
        _set = await _tool.Ipc.SemaphoreSets.CreateAsync(count: 2, mode: (UnixFileMode)0x1B6);
        await _set.SetAllAsync([1, 5]);
    }

    public Task DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Operations_hold_while_the_command_runs_and_are_undone_after_it()
    {
        var pipe = Path.Combine(_folder, "pipe");
        using (var made = Process.Start("mkfifo", [pipe])) await made.WaitForExitAsync();
        var said = Path.Combine(_folder, "said");
        var running = _tool.RunAsync(
            "sem", "op", $"{_set.Id}", "0:-1", "1:+2", "--undo", "--",
            "sh", "-c", $"cat {pipe}; echo $IPC_REVISION > {said}");
        await _set.OperateAsync([new SemaphoreOperation(0, 0)]).AsTask().WaitAsync(Patience); // it is taken now
        Assert.Equal([0, 7], await _set.GetAllAsync());
        await File.WriteAllTextAsync(pipe, "");
        Assert.Equal(0, await running.WaitAsync(Patience));
        await UndoneAsync();
        Assert.Matches("^[1-9][0-9]*\n$", await File.ReadAllTextAsync(said));
        Assert.Equal(("", ""), (_tool.Output, _tool.Error));
    }

    [Theory]
    [InlineData(7, "sh", "-c", "exit 7")]
    [InlineData(127, "/nowhere/command")]
    [InlineData(126, "/dev/null")]
    public async Task The_exit_code_of_the_command_is_the_tools(int expected, params string[] command)
    {
        Assert.Equal(expected, await _tool.RunAsync(["sem", "op", $"{_set.Id}", "0:-1", "--undo", "--", .. command]));
        await UndoneAsync();
        if (expected == 7) Assert.Equal("", _tool.Error);
        else Assert.StartsWith($"ipc: sem op: cannot run {command[0]}: ", _tool.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_command_the_operations_are_undone_at_once()
    {
        Assert.Equal(0, await _tool.RunAsync($"sem op {_set.Id} 0:-1 --undo"));
        Assert.Matches("^[1-9][0-9]*\n$", _tool.Output);
        await UndoneAsync();
    }

    [Fact]
    public async Task A_command_that_does_not_get_the_semaphore_is_not_run()
    {
        await _set.SetValueAsync(0, 0);
        var file = Path.Combine(_folder, "file");
        Assert.Equal(1, await _tool.RunAsync($"sem op {_set.Id} 0:-1 --undo --nowait -- touch {file}"));
        Assert.Contains("semop: EAGAIN", _tool.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(file));
    }

    [Theory]
    [InlineData("0:-1 -- true", "NUMBER:AMOUNT: 'true' is not an operation such as 0:-1, and a COMMAND needs --undo")]
    [InlineData("--undo -- true", "NUMBER:AMOUNT: 'true' is not an operation such as 0:-1")]
    public async Task A_command_needs_operations_and_undo(string line, string said)
    {
        Assert.Equal(2, await _tool.RunAsync($"sem op {_set.Id} {line}"));
        Assert.StartsWith($"ipc: {said}\n", _tool.Error, StringComparison.Ordinal);
    }

    // The end of a process is confirmed before the set is told.
    private async Task UndoneAsync()
    {
        await _set.OperateAsync([new SemaphoreOperation(0, -1), new SemaphoreOperation(0, 1)]).AsTask()
            .WaitAsync(Patience);
        Assert.Equal([1, 5], await _set.GetAllAsync());
    }
}
