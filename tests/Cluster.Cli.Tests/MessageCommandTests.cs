using System.Text.RegularExpressions;
using Cluster.Client;
using static Cluster.Protocol.Call.OpOneofCase;

namespace Cluster.Cli.Tests;

/// <summary>ipc msg: send, receive, copy, get, set, stat.</summary>
public sealed class MessageCommandTests
{
    private readonly Tool _tool = new();

    [Fact]
    public async Task Send_sends_the_argument()
    {
        var queue = await _tool.MakeQueueAsync();
        Assert.Equal(0, await _tool.RunAsync("msg send 0 --type 3 hello"));
        Assert.Equal(["hello"], await queue.TextsAsync());
        Assert.Equal(3, (await queue.CopyAsync(0)).Type);
        Assert.Empty(_tool.Output);
        Assert.Equal(0, _tool.Connected);
    }

    [Fact]
    public async Task Send_takes_texts_that_look_like_options()
    {
        var queue = await _tool.MakeQueueAsync();
        Assert.Equal(0, await _tool.RunAsync("msg", "send", "0", "@file"));
        Assert.Equal(0, await _tool.RunAsync("msg", "send", "0", "--", "-x y"));
        Assert.Equal(0, await _tool.RunAsync("msg", "send", "0", ""));
        Assert.Equal(["@file", "-x y", ""], await queue.TextsAsync());
    }

    [Fact]
    public async Task Send_sends_a_file()
    {
        var queue = await _tool.MakeQueueAsync();
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(file, [0, 255, 10]);
            Assert.Equal(0, await _tool.RunAsync("msg", "send", "0", "--file", file));
        }
        finally
        {
            File.Delete(file);
        }

        Assert.Equal([0, 255, 10], (await queue.CopyAsync(0)).Text.ToArray());
        Assert.Equal(1, await _tool.RunAsync("msg", "send", "0", "--file", file));
        Assert.StartsWith($"ipc: send: cannot read {file}: ", _tool.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_to_a_full_queue_fails_at_once_or_after_its_timeout()
    {
        await (await _tool.MakeQueueAsync()).SetAsync(new QueueChange { Qbytes = 4 });
        Assert.Equal(1, await _tool.RunAsync("msg send 0 --nowait hello"));
        Assert.Equal(124, await _tool.RunAsync("msg send 0 --timeout 50ms hello"));
        Assert.Equal(
            "ipc: msgsnd: EAGAIN (resource temporarily unavailable)\nipc: msgsnd: ETIMEDOUT (timed out)\n",
            _tool.Error);
    }

    [Fact]
    public async Task Receive_writes_the_text_and_a_newline()
    {
        var queue = await _tool.MakeQueueAsync();
        await queue.SendAsync(5, "five"u8.ToArray());
        await queue.SendAsync(3, "three"u8.ToArray());
        Assert.Equal(0, await _tool.RunAsync("msg receive 0 --type -5 --timeout 10m"));
        Assert.Equal("three\n", _tool.Output);
        Assert.InRange(Assert.Single(_tool.Traffic.TimeoutsOf(Msgrcv))!.Value, 540_000, 600_000);
    }

    [Theory]
    [InlineData("msg receive 0")]
    [InlineData("msg receive 0 --raw --follow")]
    [InlineData("msg receive 0 --json --nowait")]
    public async Task A_message_that_cannot_be_written_stays_in_the_queue(string line)
    {
        var queue = await _tool.MakeQueueAsync("first", "second");
        _tool.IsFull = true;
        Assert.Equal(1, await _tool.RunAsync(line));
        Assert.Equal("ipc: standard output: No space left on device\n", _tool.Error);
        Assert.Equal(["first", "second"], await queue.TextsAsync());
    }

    [Fact]
    public async Task Send_of_a_directory_names_the_error()
    {
        var queue = await _tool.MakeQueueAsync();
        Assert.Equal(1, await _tool.RunAsync("msg send 0 --file /"));
        Assert.Equal("ipc: send: cannot read /: it is a directory, and a file is needed\n", _tool.Error);
        Assert.Empty(await queue.TextsAsync());
    }

    [Fact]
    public async Task Receive_raw_writes_exactly_the_bytes()
    {
        var queue = await _tool.MakeQueueAsync();
        await queue.SendAsync(1, new byte[] { 0, 255 });
        await queue.SendAsync(1, new byte[] { 10, 200 });
        Assert.Equal(0, await _tool.RunAsync("msg receive 0 --raw --count 2"));
        Assert.Equal([0, 255, 10, 200], _tool.Bytes);
    }

    [Fact]
    public async Task Receive_json_has_text_or_base64()
    {
        var queue = await _tool.MakeQueueAsync();
        await queue.SendAsync(7, "grün \"x\"\n"u8.ToArray());
        await queue.SendAsync(8, new byte[] { 255, 0 });
        Assert.Equal(0, await _tool.RunAsync("msg receive 0 --json --count 2"));
        Assert.Equal(
            """
            {"type":7,"text":"grün \"x\"\n","revision":R}
            {"type":8,"base64":"/wA=","revision":R}

            """,
            Regex.Replace(_tool.Output, "(?<=\"revision\":)[0-9]+", "R"));
    }

    [Fact]
    public async Task Receive_nowait_takes_a_message_or_reports_an_empty_queue()
    {
        await _tool.MakeQueueAsync("one");
        Assert.Equal(1, await _tool.RunAsync("msg receive 0 --nowait --count 2"));
        Assert.Equal("one\n", _tool.Output);
        Assert.Equal("ipc: msgrcv: ENOMSG (no message of the desired type)\n", _tool.Error);
    }

    [Fact]
    public async Task Receive_times_out_with_124()
    {
        await _tool.MakeQueueAsync();
        Assert.Equal(124, await _tool.RunAsync("msg receive 0 --timeout 20ms"));
        Assert.Equal("ipc: msgrcv: ETIMEDOUT (timed out)\n", _tool.Error);
    }

    [Fact]
    public async Task Receive_has_the_flags_of_msgrcv()
    {
        var queue = await _tool.MakeQueueAsync();
        await queue.SendAsync(1, "aaaa"u8.ToArray());
        await queue.SendAsync(2, "bbbb"u8.ToArray());
        Assert.Equal(1, await _tool.RunAsync("msg receive 0 --size 2"));
        Assert.StartsWith("ipc: msgrcv: E2BIG (", _tool.Error, StringComparison.Ordinal);
        Assert.Equal(0, await _tool.RunAsync("msg receive 0 --type 1 --except --size 2 --noerror"));
        Assert.Equal("bb\n", _tool.Output);
        Assert.Equal(["aaaa"], await queue.TextsAsync());
    }

    [Fact]
    public async Task Receive_follow_writes_each_message_at_once_and_ends_with_the_queue()
    {
        var queue = await _tool.MakeQueueAsync("one");
        var running = _tool.RunAsync("msg receive 0 --follow");
        await _tool.Traffic.ReachedAsync(Msgrcv, 2);
        Assert.Equal("one\n", _tool.Output);
        await queue.RemoveAsync();
        Assert.Equal(1, await running);
        Assert.StartsWith("ipc: msgrcv: EIDRM (", _tool.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupted_receive_prints_nothing_and_closes_the_process()
    {
        await _tool.MakeQueueAsync();
        using var interrupt = new CancellationTokenSource();
        var running = IpcCommand.Create(_tool.Globals).Parse("msg receive 0").InvokeAsync(null, interrupt.Token);
        await _tool.Traffic.ReachedAsync(Msgrcv, 1);
        await interrupt.CancelAsync();
        Assert.Equal(130, await running);
        Assert.Empty(_tool.Error);
        Assert.Equal(0, _tool.Connected);
    }

    [Fact]
    public async Task Copy_leaves_the_message()
    {
        var queue = await _tool.MakeQueueAsync("one", "two");
        Assert.Equal(0, await _tool.RunAsync("msg copy 0 1"));
        Assert.Equal("two\n", _tool.Output);
        Assert.Equal(["one", "two"], await queue.TextsAsync());
        Assert.Equal(1, await _tool.RunAsync("msg copy 0 2"));
    }

    [Fact]
    public async Task Get_finds_or_creates_the_queue_of_a_key()
    {
        Assert.Equal(1, await _tool.RunAsync("msg get 0x2a"));
        Assert.StartsWith("ipc: msgget: ENOENT (", _tool.Error, StringComparison.Ordinal);
        Assert.Equal(0, await _tool.RunAsync("msg get 42 --create --mode 0600 --volatile"));
        Assert.Equal(0, await _tool.RunAsync("msg get 0x2a --json"));
        Assert.Equal(1, await _tool.RunAsync("msg get 42 --create --excl"));
        Assert.Equal("0\n{\"msqid\":0}\n", _tool.Output);
        var stat = await _tool.StatQueueAsync(0);
        Assert.Equal((42, 0x180), (stat.Permissions.Key, (int)stat.Permissions.Mode));
        Assert.Equal(Durability.Volatile, stat.Durability);
    }

    [Fact]
    public async Task Set_keeps_the_other_members()
    {
        await using (var user = await _tool.ConnectAsync(uid: 7)) await user.MessageQueues.CreateAsync();
        Assert.Equal(0, await _tool.RunAsync("msg set 0 --qbytes 100 --uid 0"));
        Assert.Equal((7u, 7u, 0x180, 100ul), await MembersAsync());
        Assert.Equal(0, await _tool.RunAsync("msg set 0 --owner 1 --group 2 --mode 0640 --uid 0"));
        Assert.Equal((1u, 2u, 0x1A0, 100ul), await MembersAsync());
        Assert.Equal(1, await _tool.RunAsync("msg set 0 --mode 0666 --uid 99"));
        Assert.StartsWith("ipc: msgctl(IPC_SET): EPERM (", _tool.Error, StringComparison.Ordinal);

        async Task<(uint Uid, uint Gid, int Mode, ulong Qbytes)> MembersAsync()
        {
            var stat = await _tool.StatQueueAsync(0);
            return (stat.Permissions.Uid, stat.Permissions.Gid, (int)stat.Permissions.Mode, stat.Qbytes);
        }
    }

    [Fact]
    public async Task Stat_has_the_members_of_msqid_ds()
    {
        await (await _tool.Ipc.MessageQueues.GetAsync(42, mode: (UnixFileMode)0x1A4)).SendAsync(1, "one"u8.ToArray());
        Assert.Equal(0, await _tool.RunAsync("msg stat 0 --json"));
        var json = _tool.Json;
        Assert.Equal(
            "key msqid uid gid cuid cgid mode cbytes qnum qbytes lspid lrpid stime rtime ctime receivers senders "
            + "volatile",
            string.Join(' ', json.EnumerateObject().Select(member => member.Name)));
        Assert.Equal(
            ("0x0000002a", "0644", 3, 1),
            (json.GetProperty("key").GetString(), json.GetProperty("mode").GetString(),
                json.GetProperty("cbytes").GetInt32(), json.GetProperty("qnum").GetInt32()));
    }
}
