using System.Diagnostics;
using System.Net;
using System.Text;
using Cluster.Client;
using Cluster.EndToEnd.Processes;
using Cluster.Protocol;

namespace Cluster.EndToEnd;

/// <summary>Spans of a node reach the collector that its environment names.</summary>
public sealed class CollectorTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task A_collector_gets_the_spans_of_a_traced_call()
    {
        var address = $"http://127.0.0.1:{NodeProcess.FreePort()}";
        using var collector = new HttpListener { Prefixes = { $"{address}/" } };
        collector.Start();
        await using var node = await NodeProcess.StartAsync(new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = address,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
        });
        using var root = new Activity("test").SetIdFormat(ActivityIdFormat.W3C);
        root.Start();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == CallSpans.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> options) => options.TraceId == root.TraceId
                ? ActivitySamplingResult.AllDataAndRecorded
                : ActivitySamplingResult.None,
        };
        ActivitySource.AddActivityListener(listener);
        await using var ipc = await IpcClient.ConnectAsync(
            new IpcClientOptions { Addresses = [node.Address], Uid = 0, Gid = 0 });
        var queue = await ipc.MessageQueues.CreateAsync();
        await queue.SendAsync(1, "x"u8.ToArray());
        var trace = Convert.FromHexString(root.TraceId.ToHexString());
        // As many exports as it takes: the call's spans need not be in the first.
        for (byte[] body = []; !Has(body, trace) || !Has(body, "msgsnd"u8);)
        {
            var export = await collector.GetContextAsync().WaitAsync(Patience);
            Assert.Equal("/v1/traces", export.Request.Url!.AbsolutePath);
            using var copy = new MemoryStream();
            await export.Request.InputStream.CopyToAsync(copy);
            export.Response.Close();
            body = copy.ToArray();
            Assert.True(Has(body, Encoding.UTF8.GetBytes("cluster-node")));
        }
    }

    private static bool Has(byte[] body, ReadOnlySpan<byte> part) => body.AsSpan().IndexOf(part) >= 0;
}
