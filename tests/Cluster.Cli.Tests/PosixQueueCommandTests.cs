using System.Text;
using System.Text.RegularExpressions;
using Cluster.Client;
using static Cluster.Protocol.Call.OpOneofCase;

namespace Cluster.Cli.Tests;

/// <summary>ipc mq: create, send, receive, attr, poll, stat, unlink.</summary>
public sealed class PosixQueueCommandTests
{
    private readonly Tool _tool = new();

    [Fact]
    public async Task Create_makes_a_queue_with_the_attributes_and_exactly_the_mode()
    {
        Assert.Equal(0, await _tool.RunAsync("mq create /a --uid 7"));
        Assert.Equal(0, await _tool.RunAsync(
            "mq create /b --maxmsg 3 --msgsize 20 --mode 0666 --excl --volatile --uid 7 --json"));
        Assert.Equal("{\"name\":\"/b\",\"id\":1}\n", _tool.Output);
        Assert.Equal((10, 8192), await SizeAsync("/a"));
        Assert.Equal((3, 20), await SizeAsync("/b"));
        Assert.Equal(0, await _tool.RunAsync("mq create /c --maxmsg 3 --uid 7"));
        Assert.Equal(0, await _tool.RunAsync("mq create /d --msgsize 30 --uid 7"));
        Assert.Equal((3, 8192), await SizeAsync("/c"));
        Assert.Equal((10, 30), await SizeAsync("/d"));
        Assert.Equal((0x1A4, Durability.Durable), await StatAsync("/a"));
        Assert.Equal((0x1B6, Durability.Volatile), await StatAsync("/b"));
    }

    [Theory]
    [InlineData("mq create /q --excl", "EEXIST (a queue has the name)")]
    [InlineData("mq create /new --maxmsg 11", "EINVAL (")]
    [InlineData("mq create /new --maxmsg 0", "EINVAL (")]
    [InlineData("mq create /new --msgsize -1", "EINVAL (")]
    [InlineData("mq create new", "EINVAL (a name begins with '/'")]
    [InlineData("mq create /a/b", "EACCES (")]
    [InlineData("mq send /none x", "ENOENT (no queue has the name)")]
    [InlineData("mq receive /none", "ENOENT (")]
    [InlineData("mq attr /none", "ENOENT (")]
    [InlineData("mq poll /none", "ENOENT (")]
    [InlineData("mq notify /none", "ENOENT (")]
    [InlineData("mq unlink /none", "ENOENT (", "mq_unlink")]
    [InlineData("mq stat /none", "ENOENT (", "stat")]
    [InlineData("mq send /q x --priority 32768", "EINVAL (a priority is from 0 to 32767)", "mq_send")]
    [InlineData("mq send /q x --priority -1", "EINVAL (a priority is from 0 to 32767)", "mq_send")]
    [InlineData("mq send /q too-long", "EMSGSIZE (more bytes than mq_msgsize)", "mq_send")]
    public async Task A_call_that_fails_says_why(string line, string said, string call = "mq_open")
    {
        await MakeAsync("/q", 1, 4);
        Assert.Equal(1, await _tool.RunAsync($"{line} --uid 7"));
        Assert.StartsWith($"ipc: {call}: {said}", _tool.Error, StringComparison.Ordinal);
        Assert.Empty(_tool.Output);
        Assert.Equal(0, _tool.Connected);
    }

    [Theory]
    [InlineData("mq send /q x --priority high")]
    [InlineData("mq send /q x --nowait --timeout 1s")]
    [InlineData("mq receive /q --count 1 --follow")]
    [InlineData("mq create /q --mode 8")]
    [InlineData("mq notify /q --to 1")]
    [InlineData("mq notify /q --signal NONE")]
    [InlineData("mq notify /q --signal 10 --to 1 --exec true")]
    [InlineData("mq attr")]
    public async Task A_command_line_that_makes_no_sense_is_refused(string line) =>
        Assert.Equal(2, await _tool.RunAsync(line));

    [Fact]
    public async Task Messages_come_by_priority()
    {
        await MakeAsync("/q");
        Assert.Equal(0, await _tool.RunAsync("mq send /q low"));
        Assert.Equal(0, await _tool.RunAsync("mq send /q high --priority 32767"));
        Assert.Equal(0, await _tool.RunAsync("mq", "send", "/q", "--priority", "5", "--", "-x y"));
        Assert.Equal(0, await _tool.RunAsync("mq receive /q --count 3"));
        Assert.Equal("high\n-x y\nlow\n", _tool.Output);
        Assert.Equal(0, _tool.Connected);
    }

    [Fact]
    public async Task Send_sends_a_file_and_receive_writes_exactly_its_bytes()
    {
        await MakeAsync("/q");
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(file, [0, 255, 10]);
            Assert.Equal(0, await _tool.RunAsync("mq", "send", "/q", "--file", file));
        }
        finally
        {
            File.Delete(file);
        }

        Assert.Equal(0, await _tool.RunAsync("mq receive /q --raw"));
        Assert.Equal([0, 255, 10], _tool.Bytes);
    }

    [Fact]
    public async Task Receive_json_has_priority_and_text_or_base64()
    {
        var queue = await MakeAsync("/q");
        await queue.SendAsync("grün"u8.ToArray(), 7);
        await queue.SendAsync(new byte[] { 255, 0 });
        Assert.Equal(0, await _tool.RunAsync("mq receive /q --json --count 2"));
        Assert.Equal(
            "{\"priority\":7,\"text\":\"grün\",\"revision\":R}\n{\"priority\":0,\"base64\":\"/wA=\",\"revision\":R}\n",
            Regex.Replace(_tool.Output, "(?<=\"revision\":)[0-9]+", "R"));
    }

    [Fact]
    public async Task Full_and_empty_queues_fail_at_once_or_after_the_time_out()
    {
        var queue = await MakeAsync("/q", 1, 4);
        Assert.Equal(1, await _tool.RunAsync("mq receive /q --nowait"));
        Assert.Equal(124, await _tool.RunAsync("mq receive /q --timeout 20ms"));
        await queue.SendAsync("full"u8.ToArray());
        Assert.Equal(1, await _tool.RunAsync("mq send /q --nowait x"));
        Assert.Equal(124, await _tool.RunAsync("mq send /q --timeout 20ms x"));
        Assert.Equal(["EAGAIN", "ETIMEDOUT", "EAGAIN", "ETIMEDOUT"], _tool.Errnos);
        Assert.Equal(1, (await queue.GetAttributesAsync()).Messages);
    }

    [Theory]
    [InlineData("mq receive /q")]
    [InlineData("mq receive /q --raw --follow")]
    [InlineData("mq receive /q --json --nowait")]
    public async Task A_message_that_cannot_be_written_stays_in_the_queue(string line)
    {
        var queue = await MakeAsync("/q");
        await queue.SendAsync("first"u8.ToArray());
        await queue.SendAsync("second"u8.ToArray());
        _tool.IsFull = true;
        Assert.Equal(1, await _tool.RunAsync(line));
        Assert.Equal("ipc: standard output: No space left on device\n", _tool.Error);
        Assert.Equal(2, (await queue.GetAttributesAsync()).Messages);
        Assert.Equal("first", Encoding.UTF8.GetString((await queue.ReceiveAsync()).Text.Span));
    }

    [Fact]
    public async Task Receive_follow_writes_each_message_at_once_until_it_is_interrupted()
    {
        var queue = await MakeAsync("/q");
        await queue.SendAsync("one"u8.ToArray());
        using var interrupt = new CancellationTokenSource();
        var running = IpcCommand.Create(_tool.Globals).Parse("mq receive /q --follow")
            .InvokeAsync(null, interrupt.Token);
        await _tool.Traffic.ReachedAsync(Mqueue, 2);
        Assert.Equal("one\n", _tool.Output);
        await interrupt.CancelAsync();
        Assert.Equal(130, await running);
        Assert.Empty(_tool.Error);
        Assert.Equal(0, _tool.Connected);
    }

    [Fact]
    public async Task Attr_has_the_members_of_mq_attr_and_of_the_file()
    {
        var queue = await MakeAsync("/q", 3, 20);
        await queue.SendAsync("hello"u8.ToArray());
        await queue.NotifyAsync(NotifyMethod.Signal, signal: 12);
        Assert.Equal(0, await _tool.RunAsync("mq attr /q --json"));
        Assert.Equal(
            "{\"maxmsg\":3,\"msgsize\":20,\"curmsgs\":1,\"bytes\":5,\"notify\":0,\"signo\":12,"
            + $"\"notify_pid\":{_tool.Ipc.Pid},\"receivers\":0,\"senders\":0}}\n",
            _tool.Output);
    }

    [Fact]
    public async Task Poll_prints_what_is_ready()
    {
        var queue = await MakeAsync("/q", 1, 4);
        Assert.Equal(124, await _tool.RunAsync("mq poll /q --timeout 0"));
        Assert.Equal("ipc: poll: ETIMEDOUT (timed out)\n", _tool.Error);
        Assert.Equal(0, await _tool.RunAsync("mq poll /q --in --out"));
        var waiting = _tool.RunAsync("mq poll /q --in --json");
        await _tool.Traffic.ReachedAsync(Description, 8); // three times open and poll, twice close
        await queue.SendAsync("x"u8.ToArray());
        Assert.Equal(0, await waiting);
        Assert.Equal("POLLOUT\n{\"revents\":[\"POLLIN\"]}\n", _tool.Output);
    }

    [Fact]
    public async Task Stat_finds_the_queue_by_its_name_and_unlink_frees_the_name()
    {
        await MakeAsync("/a");
        await MakeAsync("/b");
        Assert.Equal(0, await _tool.RunAsync("mq stat /b --json"));
        Assert.Equal(
            "file name id uid gid mode size ctime descriptions volatile",
            string.Join(' ', _tool.Json.EnumerateObject().Select(member => member.Name)));
        Assert.Equal(
            ("/dev/mqueue/b", 80, 1),
            (_tool.Json.GetProperty("file").GetString(), _tool.Json.GetProperty("size").GetInt32(),
                _tool.Json.GetProperty("descriptions").GetInt32()));
        Assert.Equal(0, await _tool.RunAsync("mq unlink /a"));
        Assert.Equal(1, await _tool.RunAsync("mq attr /a"));
    }

    private Task<IPosixMessageQueue> MakeAsync(string name, long messages = 10, long bytes = 100) =>
        _tool.MakePosixQueueAsync(name, messages, bytes);

    private async Task<(long, long)> SizeAsync(string name)
    {
        await using var queue = await _tool.Ipc.PosixMessageQueues.OpenAsync(name, OpenFlags.ReadOnly);
        var attributes = await queue.GetAttributesAsync();
        return (attributes.MaxMessages, attributes.MessageBytes);
    }

    private async Task<(int Mode, Durability Lives)> StatAsync(string name)
    {
        var queues = _tool.Ipc.PosixMessageQueues;
        var entry = await queues.ListAsync().FirstAsync(each => each.Name == name);
        var stat = await queues.StatAsync(entry);
        return ((int)stat.Mode, stat.Durability);
    }
}
