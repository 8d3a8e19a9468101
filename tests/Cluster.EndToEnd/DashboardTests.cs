using System.Text.Json;
using System.Text.RegularExpressions;
using Cluster.Client;
using Cluster.EndToEnd.Processes;

namespace Cluster.EndToEnd;

/// <summary>The metrics of the dashboard and the alarms exist in a real node.</summary>
public sealed partial class DashboardTests
{
    // The scraper adds these labels.
    private static readonly string[] Added = ["instance", "job"];

    [Fact]
    public async Task The_dashboard_asks_for_metrics_and_labels_that_a_node_has()
    {
        var web = $"127.0.0.1:{NodeProcess.FreePort()}";
        await using var node = await NodeProcess.StartAsync("--web", web);
        await using var ipc = await IpcClient.ConnectAsync(
            new IpcClientOptions { Addresses = [node.Address], Uid = 0, Gid = 0 });
        var queue = await ipc.MessageQueues.CreateAsync();
        await queue.SendAsync(1, "x"u8.ToArray());
        var said = Samples(await TextAsync(web));
        using var dashboard = JsonDocument.Parse(Read("docker/grafana/cluster-ipc.json"));
        var root = dashboard.RootElement;
        // One of the latter is no query, but says where to put them.
        var queries = Strings(root, "expr").Concat(Strings(root, "query").Where(text => text.Contains('('))).ToArray();
        Assert.True(queries.Length > 20, $"only {queries.Length} queries");
        foreach (var query in queries)
        {
            var asked = Metric().Matches(query).Select(match => match.Value).ToArray();
            Assert.NotEmpty(asked);
            var labels = Matcher().Matches(query).Concat(Grouping().Matches(query))
                .SelectMany(match => Name().Matches(match.Groups[1].Value).Select(name => name.Value)).Except(Added);
            foreach (var name in asked)
            {
                Assert.True(said.TryGetValue(name, out var has), $"a node has no {name}: {query}");
                Assert.All(labels, label => Assert.True(has!.Contains(label), $"{name} has no {label}: {query}"));
            }
        }
    }

    [Fact]
    public async Task Counters_of_alarms_are_0_at_the_start()
    {
        var web = $"127.0.0.1:{NodeProcess.FreePort()}";
        await using var node = await NodeProcess.StartAsync("--web", web);
        var text = await TextAsync(web);
        var alarms = Read("docs/operations.md").Split("\n## ")
            .Single(part => part.StartsWith("Alarms", StringComparison.Ordinal));
        var counters = Metric().Matches(alarms).Select(match => match.Value)
            .Where(name => name.EndsWith("_total", StringComparison.Ordinal))
            .Append("cluster_ipc_journal_failures_total").Distinct().ToArray();
        Assert.True(counters.Length > 3, $"only {string.Join(", ", counters)}");
        foreach (var name in counters)
        {
            var lines = text.Split('\n')
                .Where(line => line.StartsWith($"{name}{{", StringComparison.Ordinal)).ToArray();
            Assert.NotEmpty(lines);
            // A starting node may count some refusals; the other counters are 0.
            if (name != "cluster_ipc_majority_losses_total")
                Assert.All(lines, line => Assert.EndsWith(" 0", line, StringComparison.Ordinal));
        }

        Assert.All(
            ["EAGAIN", "ENOBUFS", "ENOSPC"],
            errno => Assert.Contains($"errno=\"{errno}\"", text, StringComparison.Ordinal));
    }

    private static async Task<string> TextAsync(string web)
    {
        using var http = new HttpClient();
        return await http.GetStringAsync($"http://{web}/metrics");
    }

    private static string Read(string path) => File.ReadAllText(Path.Combine(NodeProcess.Metadata("Root"), path));

    // The labels that any of a metric's samples has.
    private static Dictionary<string, HashSet<string>> Samples(string text)
    {
        var found = new Dictionary<string, HashSet<string>>();
        foreach (Match line in Sample().Matches(text))
        {
            if (!found.TryGetValue(line.Groups[1].Value, out var labels)) found[line.Groups[1].Value] = labels = [];
            labels.UnionWith(Name().Matches(line.Groups[2].Value).Select(name => name.Value));
        }

        return found;
    }

    private static IEnumerable<string> Strings(JsonElement element, string name) => element.ValueKind switch
    {
        JsonValueKind.Array => element.EnumerateArray().SelectMany(each => Strings(each, name)),
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property =>
            property.Name == name && property.Value.ValueKind == JsonValueKind.String
                ? [property.Value.GetString()!]
                : Strings(property.Value, name)),
        _ => [],
    };

    [GeneratedRegex(@"^([a-z_]+)(?:\{(.*)\})? ", RegexOptions.Multiline)]
    private static partial Regex Sample();

    [GeneratedRegex("(?:cluster_ipc|dotnet)_[a-z_]+")]
    private static partial Regex Metric();

    [GeneratedRegex(@"\{([^}]*)\}")]
    private static partial Regex Matcher();

    [GeneratedRegex(@"by \(([^)]*)\)")]
    private static partial Regex Grouping();

    // Without words in quotes, and without words after $.
    [GeneratedRegex("(?<![\"$a-z_])[a-z_]+(?=[=!,]|~|$| *,)")]
    private static partial Regex Name();
}
