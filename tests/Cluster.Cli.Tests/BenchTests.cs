using System.Text.Json;
using static Cluster.Protocol.Call.OpOneofCase;

namespace Cluster.Cli.Tests;

/// <summary>The load generator against a kernel in memory: its objects, its report, and its cleanup.</summary>
public sealed class BenchTests
{
    private const string Members = "kind call durable objects window processes payload_bytes backlog waiters "
        + "warmup_seconds seconds calls calls_per_s p50_ms p99_ms p999_ms errors node journal journal_commit_us";

    private readonly Tool _tool = new();

    [Fact]
    public async Task Load_reports_one_object()
    {
        var json = await MeasureAsync("--messages 500 --objects 3 --processes 2 --window 4 --payload 10");
        Assert.Equal(Members, Names(json));
        Assert.Equal("msg", json.GetProperty("kind").GetString());
        Assert.True(json.GetProperty("durable").GetBoolean());
        Assert.Equal(
            (3, 4, 2, 10, 0),
            (Int(json, "objects"), Int(json, "window"), Int(json, "processes"), Int(json, "payload_bytes"),
                Int(json, "errors")));
        Assert.Equal(1_000, Int(json, "calls"));
        Assert.True(json.GetProperty("p50_ms").GetDouble() <= json.GetProperty("p999_ms").GetDouble());
        Assert.Equal("http://node:1", json.GetProperty("node").GetString());
    }

    [Fact]
    public async Task A_measurement_is_not_lost_because_the_node_is_late_with_its_counters()
    {
        _tool.LateStats = 2;
        Assert.Equal(10, Int(await MeasureAsync("--messages 5 --window 1"), "calls"));
    }

    [Fact]
    public async Task Load_runs_for_a_time_after_the_warm_up()
    {
        var json = await MeasureAsync("--volatile --seconds 0.1 --window 1");
        Assert.False(json.GetProperty("durable").GetBoolean());
        Assert.Equal(2, json.GetProperty("warmup_seconds").GetDouble());
        Assert.True(json.GetProperty("seconds").GetDouble() >= 0.1);
    }

    [Fact]
    public async Task Backlog_stays_in_the_queue_during_the_load()
    {
        var json = await MeasureAsync("--messages 20 --backlog 30 --objects 2 --window 2");
        Assert.Equal((30, 40, 0), (Int(json, "backlog"), Int(json, "calls"), Int(json, "errors")));
        Assert.Equal(60, _tool.Traffic.Calls.Count(call => call is { Msgsnd.Type: 2 }));
    }

    [Theory]
    [InlineData("one")]
    [InlineData("many")]
    public async Task Waiters_stay_blocked(string types)
    {
        var json = await MeasureAsync($"--messages 20 --waiters 50 --waiter-types {types} --window 2");
        Assert.Equal((50, 40, 0), (Int(json, "waiters"), Int(json, "calls"), Int(json, "errors")));
        Assert.Equal(types, json.GetProperty("waiter_types").GetString());
    }

    [Fact]
    public async Task Wake_counts_wakings()
    {
        var json = await MeasureAsync("--wake --messages 20");
        Assert.Equal(
            ("wake", 2, 20),
            (json.GetProperty("call").GetString(), Int(json, "processes"), Int(json, "calls")));
    }

    [Fact]
    public async Task Sequential_counts_sends_and_compares_them_with_a_commit()
    {
        var json = await MeasureAsync("--sequential --messages 2500");
        Assert.Equal(
            ("msgsnd", 1, 2_500),
            (json.GetProperty("call").GetString(), Int(json, "window"), Int(json, "calls")));
        Assert.True(json.TryGetProperty("p50_per_commit", out _));
    }

    [Fact]
    public async Task The_report_for_people_has_one_name_and_value_per_line()
    {
        Assert.Equal(0, await _tool.RunAsync("bench msg --messages 10 --window 1"));
        Assert.StartsWith("kind               msg\n", _tool.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sem", "--payload 100", "semop", 0)]
    [InlineData("shm", "--payload 0", "fetch-add", 8)]
    [InlineData("shm", "--payload 100", "write", 100)]
    [InlineData("pshm", "--payload 0", "fetch-add", 8)]
    [InlineData("pshm", "--payload 100", "write", 100)]
    public async Task Other_kinds_take_the_same_options_and_report_the_same(
        string kind, string payload, string call, int bytes)
    {
        var json = await MeasureAsync($"--messages 50 --objects 3 --processes 2 --window 4 {payload}", kind);
        Assert.Equal(Members, Names(json));
        Assert.Equal((kind, call), (json.GetProperty("kind").GetString(), json.GetProperty("call").GetString()));
        Assert.Equal(
            (3, 4, 2, bytes, 0),
            (Int(json, "objects"), Int(json, "window"), Int(json, "processes"), Int(json, "payload_bytes"),
                Int(json, "errors")));
        Assert.Equal(kind == "sem" ? 100 : 50, Int(json, "calls"));
    }

    [Theory]
    [InlineData("one", 2)]
    [InlineData("many", 51)]
    public async Task Waiters_stay_blocked_on_semaphores_of_the_first_set(string types, int semaphores)
    {
        var json = await MeasureAsync($"--messages 20 --waiters 50 --waiter-types {types} --window 2", "sem");
        Assert.Equal((50, 40, 0), (Int(json, "waiters"), Int(json, "calls"), Int(json, "errors")));
        Assert.Equal(semaphores, Assert.Single(_tool.Traffic.Calls, call => call.OpCase == Get).Get.Size);
    }

    [Theory]
    [InlineData("--wake", "wake", 2)]
    [InlineData("--sequential", "semop", 1)]
    public async Task Single_calls_of_a_semaphore_set_are_counted(string mode, string call, int processes)
    {
        var json = await MeasureAsync($"{mode} --messages 20", "sem");
        Assert.Equal(
            (call, processes, 20),
            (json.GetProperty("call").GetString(), Int(json, "processes"), Int(json, "calls")));
    }

    [Theory]
    [InlineData("", "mq_send+mq_receive", 100)]
    [InlineData("--sequential", "mq_send", 50)]
    [InlineData("--wake", "wake", 50)]
    public async Task Posix_queues_take_the_same_modes(string mode, string call, int calls)
    {
        var json = await MeasureAsync($"--messages 50 --volatile {mode}".TrimEnd(), "mq");
        Assert.Equal(Members, Names(json).Replace(" p50_per_commit", "", StringComparison.Ordinal));
        Assert.Equal(
            ("mq", call, calls, 0),
            (json.GetProperty("kind").GetString(), json.GetProperty("call").GetString(), Int(json, "calls"),
                Int(json, "errors")));
    }

    [Fact]
    public async Task Posix_queues_have_messages_of_many_priorities()
    {
        var json = await MeasureAsync(
            "--messages 40 --objects 3 --processes 2 --window 4 --backlog 30 --priorities 7", "mq");
        Assert.Equal((3, 2, 30, 7), (Int(json, "objects"), Int(json, "processes"), Int(json, "backlog"),
            Int(json, "priorities")));
        var sends = _tool.Traffic.Calls.Where(call => call.Mqueue?.Send is not null).ToList();
        Assert.Equal((3 * 30) + 40, sends.Count);
        Assert.Equal(7, sends.Select(call => call.Mqueue.Send.Priority).Distinct().Count());
    }

    [Theory]
    [InlineData("--objects 3 --processes 2 --window 4", "sem_post+sem_wait", 100)]
    [InlineData("--volatile --sequential", "sem_post,sem_wait", 50)]
    [InlineData("--volatile --wake", "wake", 50)]
    public async Task Posix_semaphores_take_the_modes_of_semaphore_sets(string mode, string call, int calls)
    {
        var json = await MeasureAsync($"--messages 50 {mode}", "psem");
        Assert.Equal(Members, Names(json).Replace(" p50_per_commit", "", StringComparison.Ordinal));
        Assert.Equal(
            ("psem", call, calls, 0),
            (json.GetProperty("kind").GetString(), json.GetProperty("call").GetString(), Int(json, "calls"),
                Int(json, "errors")));
    }

    [Theory]
    [InlineData("sem")]
    [InlineData("psem")]
    public async Task Workers_contend_for_one_semaphore(string kind)
    {
        var json = await MeasureAsync("--messages 60 --contend 4 --processes 2 --volatile", kind);
        Assert.Equal(
            ("hand-over", 4, 2, 59, 0),
            (json.GetProperty("call").GetString(), Int(json, "workers"), Int(json, "processes"), Int(json, "calls"),
                Int(json, "errors")));
        Assert.True(json.GetProperty("pairs_per_s").GetDouble() > 0);
    }

    [Theory]
    [InlineData("shm")]
    [InlineData("pshm")]
    public async Task Memory_is_written_and_read_from_end_to_end(string kind)
    {
        var json = await MeasureAsync("--sequential-bytes 300000 --volatile", kind);
        Assert.Equal((kind, 300_000), (json.GetProperty("kind").GetString(), Int(json, "bytes")));
        Assert.True(json.GetProperty("read_mib_per_s").GetDouble() > 0);
    }

    [Fact]
    public async Task Recovery_calls_each_queue_once()
    {
        _tool.Node.Entities = 3;
        var json = await MeasureAsync("--objects 30 --window 4", "recovery");
        Assert.Equal(
            ("recovery", 30, 30, 1, 0),
            (json.GetProperty("call").GetString(), Int(json, "objects"), Int(json, "calls"), Int(json, "backlog"),
                Int(json, "errors")));
    }

    [Theory]
    [InlineData("sem --contend 4 --objects 2")]
    [InlineData("sem --contend 4 --wake")]
    [InlineData("sem --waiters 32000 --waiter-types many")]
    [InlineData("shm --sequential --window 2")]
    [InlineData("shm --wake")]
    [InlineData("pshm --wake")]
    [InlineData("mq --waiters 1")]
    [InlineData("psem --waiters 1")]
    [InlineData("psem --contend 4 --objects 2")]
    [InlineData("mq --priorities 32769")]
    [InlineData("mq --backlog 65300 --window 256")]
    public async Task Options_that_exclude_each_other_are_refused(string options) =>
        Assert.Equal(2, await _tool.RunAsync($"bench {options}"));

    private async Task<JsonElement> MeasureAsync(string options, string kind = "msg")
    {
        Assert.Equal(0, await _tool.RunAsync($"bench {kind} {options} --json"));
        Assert.Empty(_tool.Error);
        Assert.Single(_tool.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Empty(await _tool.Ipc.Namespace.ListChildrenAsync());
        Assert.Equal(0, _tool.Connected);
        Assert.All(_tool.Connections, connection => Assert.Equal(0u, connection.Uid));
        return _tool.Json;
    }

    private static int Int(JsonElement json, string name) => json.GetProperty(name).GetInt32();

    private static string Names(JsonElement json) =>
        string.Join(' ', json.EnumerateObject().Select(member => member.Name));
}
