using Cluster.Protocol;

namespace Cluster.Cli.Tests;

/// <summary>ipc cluster and its subcommands.</summary>
public sealed class ClusterCommandTests
{
    private readonly Tool _tool = new();

    public ClusterCommandTests() => _tool.Operations.Reply.Members.Add(
    [
        new MemberView
        {
            Address = "127.0.0.1:4001", Roles = { "front", "back" }, Status = "up", Leader = true, Oldest = true,
            Figures = Figures("http://127.0.0.1:5001", 120, 16, 3_725_000),
        },
        new MemberView
        {
            Address = "127.0.0.1:4002", Status = "up", Figures = Figures("http://127.0.0.1:5002", 8, 16, 65_000),
        },
        new MemberView
        {
            Address = "127.0.0.1:4003", Status = "up", Unreachable = true, UnreachableFrom = { "127.0.0.1:4001" },
        },
    ]);

    [Fact]
    public async Task Each_member_has_a_row_and_the_total_a_line()
    {
        Assert.Equal(0, await _tool.RunAsync("cluster --uid 1000"));
        Assert.Equal(
            """
            NODE           GATEWAY               ROLES      STATUS REACHABLE               IS            SHARDS OBJECTS PROCESSES PARKED SESSIONS UPTIME
            127.0.0.1:4001 http://127.0.0.1:5001 front,back up     yes                     leader,oldest    136     120        16      1        2   1h2m
            127.0.0.1:4002 http://127.0.0.1:5002 -          up     yes                     -                 24       8        16      1        2   1m5s
            127.0.0.1:4003 -                     -          up     not from 127.0.0.1:4001 -                  -       -         -      -        -      -
            3 members, 3 up; 160 shards, 128 objects and 32 processes in memory; 2 parked calls, 4 sessions (without 1 that did not answer)

            """,
            _tool.Output);
    }

    [Fact]
    public async Task Counts_of_one_are_singular()
    {
        var members = _tool.Operations.Reply.Members;
        while (members.Count > 1) members.RemoveAt(1);
        (members[0].Figures.Parked, members[0].Figures.Sessions) = (1, 1);
        (members[0].Figures.Objects.Entities, members[0].Figures.Processes.Entities) = (1, 1);
        Assert.Equal(0, await _tool.RunAsync("cluster"));
        Assert.EndsWith(
            "\n1 member, 1 up; 136 shards, 1 object and 1 process in memory; 1 parked call, 1 session\n", _tool.Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_has_null_for_the_figures_of_a_silent_node()
    {
        Assert.Equal(0, await _tool.RunAsync("cluster --json"));
        var members = _tool.Json.GetProperty("members");
        Assert.Equal(3, members.GetArrayLength());
        Assert.Equal(120, members[0].GetProperty("object_shards").GetInt32());
        Assert.True(members[0].GetProperty("leader").GetBoolean());
        Assert.False(members[2].GetProperty("reachable").GetBoolean());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, members[2].GetProperty("parked").ValueKind);
        Assert.Equal(160, _tool.Json.GetProperty("totals").GetProperty("shards").GetInt32());
    }

    [Fact]
    public async Task Leave_waits_until_the_node_is_removed_and_asks_the_others()
    {
        Assert.Equal(0, await _tool.RunAsync("cluster leave 4002 --uid 0"));
        Assert.Equal(["leave 127.0.0.1:4002"], _tool.Operations.Orders);
        Assert.Equal(["http://127.0.0.1:5001"], _tool.Operations.Preferred);
        Assert.Matches(
            @"^127.0.0.1:4002 is up, has 24 shards\n127.0.0.1:4002 is removed after \d+\.\d s; 2 members are left\n$",
            _tool.Output);
    }

    [Fact]
    public async Task Leave_stops_waiting_at_its_timeout()
    {
        _tool.Operations.Stays = true;
        Assert.Equal(124, await _tool.RunAsync("cluster leave http://127.0.0.1:5002 --uid 0 --timeout 300ms"));
        Assert.Contains("127.0.0.1:4002 is still leaving: it goes on", _tool.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_node_or_a_malformed_name_is_an_error_that_lists_the_nodes()
    {
        Assert.Equal(1, await _tool.RunAsync("cluster leave nowhere --uid 0"));
        Assert.Equal(1, await _tool.RunAsync("cluster down 400 --uid 0"));
        Assert.Equal(
            """
            ipc: there is no node 'nowhere': the nodes are 127.0.0.1:4001 (http://127.0.0.1:5001), 127.0.0.1:4002 (http://127.0.0.1:5002), 127.0.0.1:4003
            ipc: '400' is not one node but 127.0.0.1:4001 (http://127.0.0.1:5001), 127.0.0.1:4002 (http://127.0.0.1:5002), 127.0.0.1:4003

            """,
            _tool.Error);
        Assert.Empty(_tool.Operations.Orders);
    }

    [Theory]
    [InlineData("leave", "")]
    [InlineData("leave", " ")]
    [InlineData("down", "")]
    public async Task An_empty_name_makes_no_node_leave(string order, string name)
    {
        // An empty name is a part of every name. With one node it would name that node.
        _tool.Operations.Reply.Members.RemoveAt(2);
        _tool.Operations.Reply.Members.RemoveAt(1);
        Assert.Equal(2, await _tool.RunAsync("cluster", order, name, "--uid", "0"));
        Assert.Contains("NODE: it is empty: name a node", _tool.Error, StringComparison.Ordinal);
        Assert.Empty(_tool.Operations.Orders);
    }

    [Fact]
    public async Task Down_of_a_reachable_node_needs_yes()
    {
        Assert.Equal(1, await _tool.RunAsync("cluster down 4002 --uid 0"));
        Assert.Equal(
            "ipc: down: EBUSY (127.0.0.1:4002 is reachable). Add --yes if it is to be given up all the same\n",
            _tool.Error);
        Assert.Equal(0, await _tool.RunAsync("cluster down 4003 --uid 0 --json"));
        Assert.Equal(2, _tool.Json.GetProperty("members").GetInt32());
        Assert.Equal(["down 127.0.0.1:4003"], _tool.Operations.Orders);
    }

    [Theory]
    [InlineData("cluster leave 4002")]
    [InlineData("cluster down 4003")]
    [InlineData("cluster rebalance")]
    public async Task Orders_need_root(string line)
    {
        Assert.Equal(1, await _tool.RunAsync($"{line} --uid 1000"));
        Assert.Contains(": EPERM (", _tool.Error, StringComparison.Ordinal);
        Assert.Empty(_tool.Operations.Orders);
    }

    [Fact]
    public async Task Rebalance_shows_before_and_after()
    {
        _tool.Operations.Reply.Members.RemoveAt(2);
        Assert.Equal(0, await _tool.RunAsync("cluster rebalance --uid 0"));
        Assert.Equal(
            """
            NODE           OBJECTS-BEFORE OBJECTS-AFTER PROCESSES-BEFORE PROCESSES-AFTER
            127.0.0.1:4001            120            64               16              16
            127.0.0.1:4002              8            64               16              16

            """,
            _tool.Output);
    }

    [Fact]
    public async Task Owner_names_the_node()
    {
        Assert.Equal(0, await _tool.RunAsync("cluster owner --queue-id 3"));
        Assert.Equal("msg:3 is on 127.0.0.1:4001 (http://127.0.0.1:5001), in shard 17\n", _tool.Output);
        Assert.Equal(1, await _tool.RunAsync("cluster owner -m 4"));
        Assert.Equal("ipc: owner: EINVAL (there is no object 4)\n", _tool.Error);
        Assert.Equal(2, await _tool.RunAsync("cluster owner"));
    }

    [Fact]
    public async Task Owner_of_a_byte_asks_for_its_extent()
    {
        Assert.Equal(0, await _tool.RunAsync("cluster owner --shmem-id 3 --offset 262144"));
        Assert.Equal(
            "byte 262144 of shm:3 is on 127.0.0.1:4001 (http://127.0.0.1:5001), in shard 17\n", _tool.Output);
        Assert.Equal(1, await _tool.RunAsync("cluster owner --shmem-id 3 --offset 300000"));
        Assert.Equal("ipc: owner: EINVAL (the segment has 300000 bytes)\n", _tool.Error);
        Assert.Equal(2, await _tool.RunAsync("cluster owner --queue-id 3 --offset 0"));
        Assert.Contains(
            "--offset is a byte of shared memory, so it goes with --shmem-id or --posix-shmem-id ID", _tool.Error);
        Assert.Equal(2, await _tool.RunAsync("cluster owner --shmem-id 3 --offset -1"));
    }

    [Theory]
    [InlineData("--queue 3", "msg:3")]
    [InlineData("--semaphore 3", "sem:3")]
    [InlineData("--shm 3 --offset 262144", "byte 262144 of shm:3")]
    public async Task Owner_takes_the_options_of_earlier_versions_too(string options, string name)
    {
        Assert.Equal(0, await _tool.RunAsync($"cluster owner {options}"));
        Assert.StartsWith($"{name} is on ", _tool.Output, StringComparison.Ordinal);
        Assert.Equal(2, await _tool.RunAsync($"cluster owner {options} --queue-id 3"));
        Assert.Contains(
            "say which object: --queue-id ID, --semaphore-id ID, --shmem-id ID, --posix-mqueue-id ID, "
            + "--posix-semaphore-id ID, --posix-shmem-id ID, --fifo-id ID or --socket-id ID",
            _tool.Error);
    }

    private static NodeFigures Figures(string gateway, int objects, int processes, long uptimeMs) => new()
    {
        Gateway = gateway,
        Version = "1.2.3",
        UptimeMs = uptimeMs,
        Sessions = 2,
        Parked = 1,
        Objects = new ShardFigures { Shards = objects, Entities = objects },
        Processes = new ShardFigures { Shards = processes, Entities = processes },
    };
}
