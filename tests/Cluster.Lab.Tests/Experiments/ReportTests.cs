using Cluster.Lab.Checkers;
using Cluster.Lab.Experiments;
using Cluster.Lab.Experiments.Measures;
using Cluster.Lab.Histories;
using Cluster.Lab.Reports;

namespace Cluster.Lab.Tests.Experiments;

/// <summary>The reports of a result.</summary>
public sealed class ReportTests
{
    private const long Ms = 1_000_000;

    private static readonly Operation Call =
        new() { Client = 3, Object = "queue:0", Call = CallKind.Send, Text = "<b>" };

    [Fact]
    public void Json_has_the_members_that_scripts_read()
    {
        var json = JsonReport.Of(Result());
        Assert.Equal("failover", (string?)json["experiment"]);
        Assert.Equal(7, (int?)json["seed"]);
        Assert.Equal(3, (int?)json["nodes"]);
        Assert.Equal("sqlite", (string?)json["journal"]);
        Assert.Equal("default", (string?)json["profile"]);
        Assert.Equal(
            (10, 9, 1, 2),
            ((int)json["calls"]!, (int)json["acknowledged"]!, (int)json["lost"]!, (int)json["duplicated"]!));
        Assert.Equal((1.5, 1.5, 40.0, 40.0), (
            (double)json["gap_ms"]!["min"]!, (double)json["gap_ms"]!["p50"]!, (double)json["gap_ms"]!["p99"]!,
            (double)json["gap_ms"]!["max"]!));
        Assert.Equal((1, 40.0), ((int)json["hurt_gap_ms"]!["objects"]!, (double)json["hurt_gap_ms"]!["max"]!));
        Assert.Equal((1, 1.5), ((int)json["other_gap_ms"]!["objects"]!, (double)json["other_gap_ms"]!["max"]!));
        Assert.True((bool)json["checks"]!["fifo"]!);
        Assert.False((bool)json["checks"]!["nothing lost"]!);
        Assert.False((bool)json["checks"]!["linearizability"]!);
        Assert.Equal("linearizability", (string?)Assert.Single(json["undecided"]!.AsArray()));
        Assert.Contains("client 3", (string?)json["explanations"]!["nothing lost"]);
        Assert.Equal("SIGKILL to node-1", (string?)json["timeline"]![0]!["what"]);
        Assert.Equal(12.3, (double)json["seconds"]!);
        Assert.False((bool)json["holds"]!);
    }

    [Fact]
    public void Unknown_owners_of_the_objects_are_left_out()
    {
        var json = JsonReport.Of(Result() with { Gaps = [new Gap("set:0", 0, Ms)], AwayGaps = [] });
        Assert.Equal(1, (int)json["gap_ms"]!["objects"]!);
        Assert.False(json.ContainsKey("hurt_gap_ms"));
        Assert.False(json.ContainsKey("other_gap_ms"));
    }

    [Fact]
    public void Undecided_is_not_holds()
    {
        var result = Result() with { Verdicts = [new Verdict("fifo", Ruling.Undecided, "", [])] };
        Assert.False(result.Holds);
        Assert.True((result with { Verdicts = [new Verdict("fifo", Ruling.Holds, "", [])] }).Holds);
    }

    [Fact]
    public void The_page_shows_verdicts_counterexamples_curves_and_the_timeline_and_nothing_unescaped()
    {
        var page = HtmlReport.Of(Result());
        Assert.Contains("1 violated, 1 undecided", page);
        Assert.Contains("msgsnd(0, &quot;&lt;b&gt;&quot;)", page);
        Assert.DoesNotContain("<b>", page);
        Assert.Equal(2, page.Split("<svg").Length - 1);
        Assert.Equal(4, page.Split("<polyline").Length - 1);
        Assert.DoesNotContain("NaN", page);
        Assert.Contains("SIGKILL to node-1", page);
        Assert.Contains("something on stderr", page);
        Assert.Contains("on the node that was hurt", page);
    }

    [Fact]
    public void The_text_names_the_seed_the_gap_and_the_counterexample()
    {
        var text = TextReport.Of(Result());
        Assert.StartsWith("failover, seed 7: 3 nodes, sqlite, profile default, 12.3 s\n", text);
        Assert.Contains("availability gap of 2 objects: min 2 ms, p50 2 ms, p99 40 ms, max 40 ms\n", text);
        Assert.Contains("of them on the node that was hurt: 1 objects: min 40 ms", text);
        Assert.Contains("on the other nodes while it was away: 1 objects: min 2 ms", text);
        Assert.Contains("violated  nothing lost: it is gone\n", text);
        Assert.Contains("client 3 at", text);
        Assert.EndsWith("/tmp/out/report.html", text);
    }

    private static ExperimentResult Result() => new()
    {
        Options = new ExperimentOptions { Seed = 7, Out = "/tmp/out", NodePath = "" },
        Journal = "sqlite",
        Version = "0.1.0",
        At = DateTimeOffset.UnixEpoch,
        Seconds = 12.3,
        FaultAt = 3,
        HealedAt = 8,
        Timeline = [new TimelineEvent(3, "SIGKILL to node-1")],
        Tally = new Tally(10, 9, 0, 1, 2),
        LostClients = 0,
        Gaps = [new Gap("set:0", 0, 3 * Ms / 2), new Gap("queue:0", 0, 40 * Ms, IsHurt: true)],
        AwayGaps = [new Gap("set:0", 0, 3 * Ms / 2, IsHurt: false), new Gap("queue:0", 0, 40 * Ms, IsHurt: true)],
        Start = 0,
        Plot = [.. Enumerable.Range(0, 13).Select(i => new PlotSecond(i, 0, 0, 0, 0))],
        Verdicts =
        [
            new Verdict("fifo", Ruling.Holds, "it is", []),
            new Verdict("nothing lost", Ruling.Violated, "it is gone", [Call]),
            new Verdict("linearizability", Ruling.Undecided, "too long", []),
        ],
        Output = new Dictionary<string, IReadOnlyList<string>> { ["node-1"] = ["something on stderr"] },
    };
}
