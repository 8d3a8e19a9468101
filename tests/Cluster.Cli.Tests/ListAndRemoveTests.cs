using System.Text.Json;
using Cluster.Protocol;

namespace Cluster.Cli.Tests;

/// <summary>ipcmk, ipcs and ipcrm.</summary>
public sealed class ListAndRemoveTests
{
    private readonly Tool _tool = new();

    [Fact]
    public async Task Ipcmk_says_the_id()
    {
        Assert.Equal(0, await _tool.RunAsync("ipcmk -Q"));
        Assert.Equal(0, await _tool.RunAsync("ipcmk -Q -p 0600 --key 0x2a --volatile --json"));
        Assert.Equal("Message queue id: 0\n{\"msqid\":1}\n", _tool.Output);
        var (first, second) = (_tool.Cluster.Queues[0].Stat, _tool.Cluster.Queues[1].Stat);
        Assert.NotEqual(0, first.Permissions.Key);
        Assert.Equal((0x1A4u, false), (first.Permissions.Mode, first.Volatile));
        Assert.Equal((42, 0x180u, true), (second.Permissions.Key, second.Permissions.Mode, second.Volatile));
    }

    [Theory]
    [InlineData("1777", 0x1FFu)]
    [InlineData("20644", 0x1A4u)]
    [InlineData("20000", 0u)]
    [InlineData("37777777777", 0x1FFu)]
    public async Task Ipcmk_takes_the_permission_bits_of_any_octal_number(string mode, uint bits)
    {
        Assert.Equal(0, await _tool.RunAsync($"ipcmk -Q -p {mode}"));
        Assert.Equal(bits, _tool.Cluster.Queues[0].Stat.Permissions.Mode);
    }

    [Fact]
    public async Task Ipcmk_of_a_key_that_is_taken_fails()
    {
        _tool.Cluster.Make(key: 42);
        Assert.Equal(1, await _tool.RunAsync("ipcmk -Q --key 42"));
        Assert.StartsWith("ipc: msgget: EEXIST (", _tool.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ipcs_of_nothing_is_a_title()
    {
        Assert.Equal(0, await _tool.RunAsync("ipcs -q"));
        Assert.Equal(
            "\n------ Message Queues --------\n"
            + "key        msqid      owner      perms      used-bytes   messages    \n\n",
            _tool.Output);
    }

    [Fact]
    public async Task Ipcs_lists_in_the_order_of_ids_more_than_it_asks_at_once()
    {
        for (var i = 0; i < 1_000; i++) _tool.Cluster.Make(key: i + 1);
        _tool.Cluster.Queues[500].Remove();
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
    public async Task Ipcs_shows_the_table_that_the_last_option_asks_for(string options, string title)
    {
        _tool.Cluster.Make();
        Assert.Equal(0, await _tool.RunAsync($"ipcs {options}"));
        Assert.StartsWith($"\n------ Message Queues {title} --------\n", _tool.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ipcs_json_is_one_array()
    {
        Assert.Equal(0, await _tool.RunAsync("ipcs -q --json"));
        Assert.Equal("[]\n", _tool.Output);
        var other = new Tool();
        other.Cluster.Make();
        other.Cluster.Make();
        Assert.Equal(0, await other.RunAsync("ipcs -q --json"));
        Assert.Equal(JsonValueKind.Array, other.Json.ValueKind);
        Assert.Equal([0, 1], other.Json.EnumerateArray().Select(each => each.GetProperty("msqid").GetInt32()));
    }

    [Fact]
    public async Task Ipcs_limits_and_summary()
    {
        _tool.Cluster.Make().Send(1, "seven b");
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

    [Fact]
    public async Task Ipcs_of_one_that_is_not_there()
    {
        Assert.Equal(1, await _tool.RunAsync("ipcs -q -i 5"));
        Assert.Empty(_tool.Output);
        Assert.EndsWith("ipcs: id 5 not found\n", _tool.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ipcrm_removes_several_by_id_and_key()
    {
        for (var i = 0; i < 5; i++) _tool.Cluster.Make(key: 40 + i);
        Assert.Equal(0, await _tool.RunAsync("ipcrm -q 0 -q 1 -Q 42 -Q 0x2b"));
        Assert.Equal([4], Left());
        Assert.Empty(_tool.Output + _tool.Error);
    }

    [Fact]
    public async Task Ipcrm_removes_what_it_can_and_tells_the_rest()
    {
        _tool.Cluster.Make(uid: 0);
        _tool.Cluster.Make(uid: 7);
        _tool.Cluster.Make(uid: 7).Remove();
        Assert.Equal(1, await _tool.RunAsync("ipcrm -q 9 -q 0 -q 2 -q 1 -Q 0x1234 --uid 7"));
        Assert.Equal(
            """
            ipcrm: invalid id (9)
            ipcrm: permission denied for id (0)
            ipcrm: already removed id (2)
            ipcrm: invalid key (0x1234)

            """,
            _tool.Error);
        Assert.Equal([0], Left());
    }

    [Fact]
    public async Task Ipcrm_has_the_old_syntax()
    {
        for (var i = 0; i < 3; i++) _tool.Cluster.Make();
        _tool.Cluster.MakeSet();
        _tool.Cluster.MakeSegment();
        Assert.Equal(0, await _tool.RunAsync("ipcrm msg 1"));
        Assert.Equal([0, 2], Left());
        Assert.Equal(0, await _tool.RunAsync("ipcrm --uid 0 sem 0"));
        Assert.Equal(0, await _tool.RunAsync("ipcrm shm 0"));
        Assert.True(_tool.Cluster.Sets[0].IsRemoved && _tool.Cluster.Segments[0].IsRemoved);
        Assert.Empty(_tool.Error);
        Assert.Equal(1, await _tool.RunAsync("ipcrm msg 0 abc 9 2"));
        Assert.Equal("ipcrm: invalid id: abc\nipcrm: invalid id (9)\n", _tool.Error);
        Assert.Equal(string.Concat(Enumerable.Repeat("resource(s) deleted\n", 3)), _tool.Output);
        Assert.Empty(Left());
    }

    [Fact]
    public async Task Ipcrm_reads_numbers_as_util_linux_does()
    {
        for (var i = 0; i < 11; i++) _tool.Cluster.Make(key: i + 1);
        Assert.Equal(0, await _tool.RunAsync("ipcrm -q 010 -Q 010 -Q 0x2"));
        Assert.Equal([0, 2, 3, 4, 5, 6, 8, 9], Left());
    }

    [Theory]
    [InlineData("ipcrm --all=msg")]
    [InlineData("ipcrm --all")]
    [InlineData("ipcrm -a")]
    public async Task Ipcrm_removes_all(string line)
    {
        for (var i = 0; i < 300; i++) _tool.Cluster.Make();
        Assert.Equal(0, await _tool.RunAsync($"{line} --uid 0"));
        Assert.Empty(Left());
    }

    private IEnumerable<int> Left() =>
        _tool.Cluster.Queues.Values.Where(queue => !queue.IsRemoved).Select(queue => queue.Stat.Id);
}
