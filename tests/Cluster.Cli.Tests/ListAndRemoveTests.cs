using System.Text.Json;
using Cluster.Client;

namespace Cluster.Cli.Tests;

/// <summary>ipcmk, ipcs and ipcrm.</summary>
public sealed class ListAndRemoveTests
{
    private readonly Tool _tool = new();

    [Fact]
    public async Task Ipcmk_prints_the_id()
    {
        Assert.Equal(0, await _tool.RunAsync("ipcmk -Q"));
        Assert.Equal(0, await _tool.RunAsync("ipcmk -Q -p 0600 --key 0x2a --volatile --json"));
        Assert.Equal("Message queue id: 0\n{\"msqid\":1}\n", _tool.Output);
        var (first, second) = (await _tool.StatQueueAsync(0), await _tool.StatQueueAsync(1));
        Assert.NotEqual(0, first.Permissions.Key);
        Assert.Equal((0x1A4, Durability.Durable), ((int)first.Permissions.Mode, first.Durability));
        Assert.Equal((42, 0x180), (second.Permissions.Key, (int)second.Permissions.Mode));
        Assert.Equal(Durability.Volatile, second.Durability);
    }

    [Theory]
    [InlineData("1777", 0x1FF)]
    [InlineData("20644", 0x1A4)]
    [InlineData("20000", 0)]
    [InlineData("37777777777", 0x1FF)]
    public async Task Ipcmk_takes_the_permission_bits_of_any_octal_number(string mode, int bits)
    {
        Assert.Equal(0, await _tool.RunAsync($"ipcmk -Q -p {mode}"));
        Assert.Equal(bits, (int)(await _tool.StatQueueAsync(0)).Permissions.Mode);
    }

    [Fact]
    public async Task Ipcmk_of_a_used_key_fails()
    {
        await _tool.Ipc.MessageQueues.GetAsync(42);
        Assert.Equal(1, await _tool.RunAsync("ipcmk -Q --key 42"));
        Assert.StartsWith("ipc: msgget: EEXIST (", _tool.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ipcs_without_objects_prints_the_title()
    {
        Assert.Equal(0, await _tool.RunAsync("ipcs -q"));
        Assert.Equal(
            "\n------ Message Queues --------\n"
            + "key        msqid      owner      perms      used-bytes   messages    \n\n",
            _tool.Output);
    }

    [Fact]
    public async Task Ipcs_lists_several_pages_in_the_order_of_ids()
    {
        await _tool.MakeQueuesAsync(1_000);
        await _tool.Ipc.MessageQueues.Open(500).RemoveAsync();
        Assert.Equal(0, await _tool.RunAsync("ipcs -q"));
        var ids = _tool.Output.Split('\n').Skip(3).SkipLast(2).Select(line => int.Parse(line.Split(' ')[1]));
        Assert.Equal(Enumerable.Range(0, 1_000).Where(id => id != 500), ids);
    }

    [Theory]
    [InlineData("-t", "Send/Recv/Change Times")]
    [InlineData("-p", "PIDs")]
    [InlineData("-c", "Creators/Owners")]
    [InlineData("-t -c", "Creators/Owners")]
    [InlineData("-c -q -t", "Send/Recv/Change Times")]
    public async Task The_last_table_option_of_ipcs_wins(string options, string title)
    {
        await _tool.MakeQueueAsync();
        Assert.Equal(0, await _tool.RunAsync($"ipcs {options}"));
        Assert.StartsWith($"\n------ Message Queues {title} --------\n", _tool.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ipcs_json_is_one_array()
    {
        Assert.Equal(0, await _tool.RunAsync("ipcs -q --json"));
        Assert.Equal("[]\n", _tool.Output);
        var other = new Tool();
        await other.MakeQueuesAsync(2);
        Assert.Equal(0, await other.RunAsync("ipcs -q --json"));
        Assert.Equal(JsonValueKind.Array, other.Json.ValueKind);
        Assert.Equal([0, 1], other.Json.EnumerateArray().Select(each => each.GetProperty("msqid").GetInt32()));
    }

    [Fact]
    public async Task Ipcs_limits_and_summary()
    {
        await _tool.MakeQueueAsync("seven b");
        Assert.Equal(0, await _tool.RunAsync("ipcs -q -l"));
        Assert.Equal(0, await _tool.RunAsync("ipcs -q -u"));
        Assert.Equal(0, await _tool.RunAsync("ipcs -q -l --json"));
        Assert.Equal(0, await _tool.RunAsync("ipcs -q -u --json"));
        Assert.Equal(
            """

            ------ Messages Limits --------
            max queues system wide = 32000
            max size of message (bytes) = 8192
            default max size of queue (bytes) = 16384


            ------ Messages Status --------
            allocated queues = 1
            used headers = 1
            used space = 7 bytes

            {"msgmni":32000,"msgmax":8192,"msgmnb":16384}
            {"queues":1,"messages":1,"bytes":7}

            """,
            _tool.Output);
    }

    [Theory]
    [InlineData("-l --human", "size of message = 8K\ndefault max size of queue = 16K\n")]
    [InlineData("-u --human", "used space = 2K\n")]
    [InlineData("-u --bytes", "used space (bytes) = 2048\n")]
    public async Task Ipcs_limits_and_summary_have_units(string options, string end)
    {
        await _tool.MakeQueueAsync(new string('x', 2_048));
        Assert.Equal(0, await _tool.RunAsync($"ipcs -q {options}"));
        Assert.EndsWith($"{end}\n", _tool.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ipcs_of_an_unknown_id_is_an_error()
    {
        Assert.Equal(1, await _tool.RunAsync("ipcs -q -i 5"));
        Assert.Empty(_tool.Output);
        Assert.EndsWith("ipcs: id 5 not found\n", _tool.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ipcrm_removes_several_by_id_and_key()
    {
        await _tool.MakeQueuesAsync(5);
        Assert.Equal(0, await _tool.RunAsync("ipcrm -q 0 -q 1 -Q 3 -Q 0x4"));
        Assert.Equal([4], await LeftAsync());
        Assert.Empty(_tool.Output + _tool.Error);
    }

    [Fact]
    public async Task Ipcrm_removes_the_valid_objects_and_reports_the_others()
    {
        await using var root = await _tool.ConnectAsync(uid: 0);
        await using var user = await _tool.ConnectAsync(uid: 7);
        await root.MessageQueues.CreateAsync();
        await user.MessageQueues.CreateAsync();
        await (await user.MessageQueues.CreateAsync()).RemoveAsync();
        Assert.Equal(1, await _tool.RunAsync("ipcrm -q 9 -q 0 -q 2 -q 1 -Q 0x1234 --uid 7"));
        Assert.Equal(
            """
            ipcrm: invalid id (9)
            ipcrm: permission denied for id (0)
            ipcrm: invalid id (2)
            ipcrm: invalid key (0x1234)

            """,
            _tool.Error);
        Assert.Equal([0], await LeftAsync());
    }

    [Fact]
    public async Task Ipcrm_accepts_the_old_syntax()
    {
        await _tool.MakeQueuesAsync(3);
        await _tool.Ipc.SemaphoreSets.CreateAsync();
        await _tool.Ipc.SharedMemorySegments.CreateAsync(1);
        Assert.Equal(0, await _tool.RunAsync("ipcrm msg 1"));
        Assert.Equal([0, 2], await LeftAsync());
        Assert.Equal(0, await _tool.RunAsync("ipcrm --uid 0 sem 0"));
        Assert.Equal(0, await _tool.RunAsync("ipcrm shm 0"));
        Assert.Empty(await _tool.Ipc.SemaphoreSets.IdsAsync());
        Assert.Empty(await _tool.Ipc.SharedMemorySegments.IdsAsync());
        Assert.Empty(_tool.Error);
        Assert.Equal(1, await _tool.RunAsync("ipcrm msg 0 abc 9 2"));
        Assert.Equal("ipcrm: invalid id: abc\nipcrm: invalid id (9)\n", _tool.Error);
        Assert.Equal(string.Concat(Enumerable.Repeat("resource(s) deleted\n", 3)), _tool.Output);
        Assert.Empty(await LeftAsync());
    }

    [Fact]
    public async Task Ipcrm_reads_numbers_as_util_linux_does()
    {
        await _tool.MakeQueuesAsync(11);
        Assert.Equal(0, await _tool.RunAsync("ipcrm -q 010 -Q 010 -Q 0x2"));
        Assert.Equal([0, 2, 3, 4, 5, 6, 8, 9], await LeftAsync());
    }

    [Theory]
    [InlineData("ipcrm --all=msg")]
    [InlineData("ipcrm --all")]
    [InlineData("ipcrm -a")]
    public async Task Ipcrm_removes_all(string line)
    {
        await _tool.MakeQueuesAsync(300);
        Assert.Equal(0, await _tool.RunAsync($"{line} --uid 0"));
        Assert.Empty(await LeftAsync());
    }

    [Theory]
    [InlineData("-Q", "msg")]
    [InlineData("-S 1", "sem")]
    [InlineData("-M 1", "shm")]
    public async Task Every_kind_has_a_verb_that_removes_an_object(string make, string word)
    {
        Assert.Equal(0, await _tool.RunAsync($"ipcmk {make}"));
        Assert.Equal(0, await _tool.RunAsync($"{word} remove 0"));
        Assert.Equal(1, await _tool.RunAsync($"{word} remove 0"));
        Assert.Contains($"{word}ctl(IPC_RMID): EINVAL", _tool.Error, StringComparison.Ordinal);
    }

    private Task<IReadOnlyList<int>> LeftAsync() => _tool.Ipc.MessageQueues.IdsAsync();
}
