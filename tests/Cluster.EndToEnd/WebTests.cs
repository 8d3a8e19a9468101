using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Cluster.Client;
using Cluster.EndToEnd.Processes;
using Microsoft.Data.Sqlite;

namespace Cluster.EndToEnd;

/// <summary>The health, the metrics and the exit code of --health of a real node.</summary>
public sealed partial class WebTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly string _web = $"127.0.0.1:{NodeProcess.FreePort()}";
    private readonly HttpClient _http;

    public WebTests() => _http = new HttpClient { BaseAddress = new Uri($"http://{_web}"), Timeout = Patience };

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task The_probe_of_a_live_node_succeeds_until_the_node_is_dead()
    {
        await using var node = await NodeProcess.StartAsync("--web", _web);
        Assert.Contains($"web      http://{_web}", await OutputAsync(node), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await _http.GetAsync("/healthz/live")).StatusCode);
        var ready = await _http.GetAsync("/healthz/ready");
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        Assert.Equal("application/json", ready.Content.Headers.ContentType!.MediaType);
        Assert.Equal(
            """{"ready":true,"checks":{"sessions":"ok","member":"ok","majority":"ok","shards":"ok","journal":"ok"}}""",
            await ready.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.NotFound, (await _http.GetAsync("/")).StatusCode);

        var probe = await NodeProcess.RunAsync("--health", "--web", _web);
        Assert.Equal((0, ""), (probe.ExitCode, probe.Error));
        await node.KillAsync();
        probe = await NodeProcess.RunAsync("--health", $"http://{_web}");
        Assert.Equal(1, probe.ExitCode);
        Assert.Single(probe.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task A_node_is_not_ready_while_its_journal_is_unavailable()
    {
        await using var node = await NodeProcess.StartAsync("--web", _web);
        await using var ipc = await IpcClient.ConnectAsync(
            new IpcClientOptions { Addresses = [node.Address], Uid = 0, Gid = 0 });
        var queue = await ipc.MessageQueues.CreateAsync();
        Task sending;
        using (var thief = new SqliteConnection($"Data Source={Path.Combine(node.Data, "journal.db")};Pooling=False"))
        {
            thief.Open();
            using var command = thief.CreateCommand();
            command.CommandText = "BEGIN IMMEDIATE";
            command.ExecuteNonQuery();
            sending = queue.SendAsync(1, "x"u8.ToArray()).AsTask();
            await node.SaysAsync("fail: Cluster.Node[130]: the journal's database failed");
            var response = await _http.GetAsync("/healthz/ready");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            using var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
            Assert.False(body.RootElement.GetProperty("ready").GetBoolean());
            var checks = body.RootElement.GetProperty("checks");
            Assert.Equal("ok", checks.GetProperty("member").GetString());
            Assert.Contains("locked", checks.GetProperty("journal").GetString(), StringComparison.Ordinal);
            Assert.Equal(1, Value(await _http.GetStringAsync("/metrics"), "cluster_ipc_journal_away"));
            command.CommandText = "ROLLBACK";
            command.ExecuteNonQuery();
        }

        await sending.WaitAsync(Patience);
        await node.SaysAsync("info: Cluster.Node[131]: the journal's database works again");
        Assert.Equal(HttpStatusCode.OK, (await _http.GetAsync("/healthz/ready")).StatusCode);
        Assert.Equal(0, Value(await _http.GetStringAsync("/metrics"), "cluster_ipc_journal_away"));
        // Once for the outage, however often it was tried.
        Assert.Single(Event130().Matches(node.Output));
    }

    [Fact]
    public async Task Metrics_count_the_calls_of_clients_in_the_format_of_Prometheus()
    {
        await using var node = await NodeProcess.StartAsync("--web", _web);
        await using var ipc = await IpcClient.ConnectAsync(
            new IpcClientOptions { Addresses = [node.Address], Uid = 0, Gid = 0 });
        var queue = await ipc.MessageQueues.CreateAsync();
        for (var i = 0; i < 10; i++) await queue.SendAsync(1, "x"u8.ToArray());
        for (var i = 0; i < 10; i++) await queue.ReceiveAsync();
        Assert.Null(await queue.TryReceiveAsync());
        var waiting = queue.ReceiveAsync().AsTask();
        while ((await queue.StatAsync()).Receivers == 0)
        {
        }

        var response = await _http.GetAsync("/metrics");
        Assert.Equal("text/plain", response.Content.Headers.ContentType!.MediaType);
        var text = await response.Content.ReadAsStringAsync();
        const string queues = "kind=\"message_queue\"";
        Assert.Equal(10, Value(text, "cluster_ipc_calls_total", queues, "operation=\"msgsnd\"", "errno=\"0\""));
        Assert.Equal(10, Value(text, "cluster_ipc_calls_total", queues, "operation=\"msgrcv\"", "errno=\"0\""));
        Assert.Equal(1, Value(text, "cluster_ipc_calls_total", queues, "operation=\"msgrcv\"", "errno=\"ENOMSG\""));
        Assert.Equal(10, Value(text, "cluster_ipc_call_duration_seconds_count", queues, "operation=\"msgsnd\""));
        Assert.Equal((1, 1, 0), (
            Value(text, "cluster_ipc_calls_parked"), Value(text, "cluster_ipc_calls_blocked_total"),
            Value(text, "cluster_ipc_calls_woken_total")));
        Assert.Equal((1, 1), (Value(text, "cluster_ipc_sessions"), Value(text, "cluster_ipc_ready")));
        Assert.Equal(1, Value(text, "cluster_ipc_members", "status=\"up\""));
        Assert.Equal(1, Value(text, "cluster_ipc_entities", queues));
        Assert.InRange(Value(text, "cluster_ipc_journal_commit_duration_seconds_sum"), double.Epsilon, 1_000);
        Assert.InRange(Value(text, "cluster_ipc_commit_events_count"), 11, double.MaxValue);
        AreCumulative(text);

        await queue.SendAsync(1, "x"u8.ToArray());
        await waiting.WaitAsync(Patience);
        text = await _http.GetStringAsync("/metrics");
        Assert.Equal(1, Value(text, "cluster_ipc_calls_woken_total"));
    }

    // Each bucket has those of the ones before it, and the last has all.
    private static void AreCumulative(string text)
    {
        var buckets = text.Split('\n')
            .Where(line => line.StartsWith("cluster_ipc_call_duration_seconds_bucket", StringComparison.Ordinal)
                && line.Contains("msgsnd", StringComparison.Ordinal))
            .Select(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(19, buckets.Length);
        Assert.Equal(buckets.Order(), buckets);
        Assert.Equal(10, buckets[^1]);
    }

    private static double Value(string text, string name, params string[] labels)
    {
        Assert.Contains($"# TYPE {Family().Replace(name, "")} ", text, StringComparison.Ordinal);
        Assert.Contains($"# HELP {Family().Replace(name, "")} ", text, StringComparison.Ordinal);
        var line = Assert.Single(text.Split('\n'), line => line.StartsWith($"{name}{{", StringComparison.Ordinal)
            && labels.All(label => line.Contains(label, StringComparison.Ordinal)));
        return double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
    }

    private static async Task<string> OutputAsync(NodeProcess node)
    {
        await node.SaysAsync("Ctrl-C");
        return node.Output;
    }

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Family();

    [GeneratedRegex(@"Cluster\.Node\[130\]")]
    private static partial Regex Event130();
}
