using System.Text.Json;
using System.Text.RegularExpressions;

namespace Cluster.Node.Tests.Observing;

/// <summary>The table of metrics and the dashboard speak of metrics that exist.</summary>
public sealed partial class MetricsTableTests
{
    [Fact]
    public void The_table_has_all_metrics_and_no_other()
    {
        var written = Documents.Table("docs/operations.md", "| metric | type |")
            .Select(row => $"{row[0].Trim('`')} {row[1]}");
        Assert.Equal(Instruments.All().Select(pair => $"{pair.Key} {pair.Value}").Order(), written.Order());
    }

    [Fact]
    public void The_dashboard_asks_for_metrics_that_exist()
    {
        var metrics = Instruments.All();
        using var dashboard = JsonDocument.Parse(Documents.Read("docker/grafana/cluster-ipc.json"));
        var queries = dashboard.RootElement.GetProperty("panels").EnumerateArray()
            .Where(panel => panel.TryGetProperty("targets", out _))
            .SelectMany(panel => panel.GetProperty("targets").EnumerateArray())
            .Select(target => target.GetProperty("expr").GetString()!).ToArray();
        Assert.NotEmpty(queries);
        var asked = queries.SelectMany(query => Metric().Matches(query))
            .Select(match => match.Value).Distinct().ToArray();
        Assert.True(asked.Length > 15, $"only {asked.Length} metrics are shown");
        Assert.All(asked, name => Assert.Contains(Part().Replace(name, ""), metrics));
    }

    [Fact]
    public void The_documents_of_operation_speak_of_metrics_that_exist()
    {
        var metrics = Instruments.All();
        Assert.All(
            Metric().Matches(Documents.Read("docs/operations.md")).Select(match => match.Value),
            name => Assert.Contains(Part().Replace(name, ""), metrics));
    }

    [GeneratedRegex("cluster_ipc_[a-z_]+")]
    private static partial Regex Metric();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Part();
}
