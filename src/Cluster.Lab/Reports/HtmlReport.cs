using System.Globalization;
using System.Net;
using System.Text;
using Cluster.Lab.Checkers;
using Cluster.Lab.Experiments;
using Cluster.Lab.Experiments.Measures;

namespace Cluster.Lab.Reports;

/// <summary>The result of an experiment as one page without external files.</summary>
public static class HtmlReport
{
    /// <summary>The name of the page in the experiment's directory.</summary>
    public const string FileName = "report.html";

    private const string Style = """
        body { font: 15px/1.5 system-ui, sans-serif; max-width: 960px; margin: 2em auto; padding: 0 1em; color: #222 }
        h1 { font-size: 1.5em } h2 { font-size: 1.15em; margin-top: 2em }
        table { border-collapse: collapse } td, th { padding: .15em .8em .15em 0; text-align: left; vertical-align: top }
        td.n, th.n { text-align: right } pre { background: #f5f5f5; padding: .7em; overflow-x: auto; font-size: 12px }
        .holds { color: #176f2c } .violated { color: #b3261e; font-weight: 600 } .undecided { color: #8a5a00 }
        svg { width: 100% } svg line { stroke: #e5e5e5 } svg text { font-size: 11px } svg polyline { fill: none; stroke-width: 1.5 }
        svg .fault { fill: #b3261e; opacity: .09 }
        """;

    /// <summary>Writes the page into the experiment's directory.</summary>
    public static Task WriteAsync(ExperimentResult result) =>
        File.WriteAllTextAsync(Path.Combine(result.Options.Out, FileName), Of(result));

    /// <summary>The page.</summary>
    public static string Of(ExperimentResult result)
    {
        var name = JsonReport.NameOf(result.Options.Kind);
        var page = new StringBuilder();
        page.Append($"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>{name}, seed {result.Options.Seed}</title>
            <style>{Style}</style></head><body>
            <h1>ipc lab {name}: <span class="{(result.Holds ? "holds" : "violated")}">{Summary(result)}</span></h1>

            """);
        Head(page, result);
        page.Append("<h2>Checks</h2>\n<table>\n");
        foreach (var verdict in result.Verdicts) Of(page, verdict);
        page.Append("</table>\n<h2>Calls and latency</h2>\n");
        Plots(page, result);
        page.Append("<h2>Availability gap per object</h2>\n");
        OfGaps(page, result);
        page.Append("<h2>Timeline</h2>\n<table>\n");
        foreach (var (seconds, what) in result.Timeline)
            page.Append($"<tr><td class=\"n\">{Number(seconds, "F3")} s</td><td>{Text(what)}</td></tr>\n");
        page.Append("</table>\n<h2>The end of the nodes' output</h2>\n");
        foreach (var (node, lines) in result.Output)
            page.Append($"<h3>{Text(node)}</h3>\n<pre>{Text(string.Join('\n', lines))}</pre>\n");
        return page.Append("</body></html>\n").ToString();
    }

    private static string Summary(ExperimentResult result)
    {
        var violated = result.Verdicts.Count(verdict => verdict.Ruling == Ruling.Violated);
        var undecided = result.Verdicts.Count(verdict => verdict.Ruling == Ruling.Undecided);
        return result.Holds ? "all checks hold" : $"{violated} violated, {undecided} undecided";
    }

    private static void Head(StringBuilder page, ExperimentResult result)
    {
        var options = result.Options;
        var tally = result.Tally;
        (string Name, string Value)[] rows =
        [
            ("seed", $"{options.Seed}"),
            ("cluster", $"{options.Nodes} nodes, journal {result.Journal}, profile {options.Profile}, "
                + $"version {result.Version}"),
            ("machine", $"{Environment.ProcessorCount} processors, {Environment.OSVersion}, "
                + $".NET {Environment.Version}"),
            ("workload", $"{options.Clients} clients, {Number(options.CallsPerSecond, "F0")} calls/s, "
                + $"{options.Queues} queues, {options.Sets} sets, {options.Words} words, {options.PosixQueues} POSIX queues, "
                + $"{options.PosixSemaphores} POSIX semaphores, {options.Streams} streams, "
                + $"{options.Parked} parked callers"),
            ("begun", result.At.ToString("u", CultureInfo.InvariantCulture)),
            ("clients at work", $"{Number(result.Seconds, "F1")} s; hurt from {Number(result.FaultAt, "F1")} s to "
                + $"{Number(result.HealedAt, "F1")} s"),
            ("calls", $"{tally.Calls}, of them {tally.Acknowledged} acknowledged, {tally.Unknown} of unknown outcome"),
            ("messages", $"{tally.Lost} lost, {tally.Duplicated} duplicated"),
            ("clients replaced", $"{result.LostClients}"),
        ];
        page.Append("<table>\n");
        foreach (var (name, value) in rows) page.Append($"<tr><th>{name}</th><td>{Text(value)}</td></tr>\n");
        page.Append("</table>\n");
    }

    private static void Of(StringBuilder page, Verdict verdict)
    {
        var ruling = verdict.Ruling.ToString().ToLowerInvariant();
        page.Append($"<tr><td class=\"{ruling}\">{ruling}</td><td>{Text(verdict.Name)}</td>");
        page.Append($"<td>{Text(verdict.Explanation)}");
        if (verdict.Operations.Count > 0) page.Append($"<pre>{Text(string.Join('\n', verdict.Operations))}</pre>");
        page.Append("</td></tr>\n");
    }

    private static void Plots(StringBuilder page, ExperimentResult result)
    {
        var fault = (result.FaultAt, result.HealedAt);
        page.Append(new SvgPlot("calls per second", result.Seconds, fault)
            .Add("calls/s", "#1a56a8", result.Plot.Select(second => (double)second.Calls)));
        page.Append(new SvgPlot("latency in ms", result.Seconds, fault)
            .Add("p50 ms", "#176f2c", result.Plot.Select(second => second.P50Ms))
            .Add("p99 ms", "#8a5a00", result.Plot.Select(second => second.P99Ms))
            .Add("max ms", "#b3261e", result.Plot.Select(second => second.MaxMs)));
        page.Append("<p>Latency of calls that do not wait for other clients, in the second of their answer. "
            + "Shaded: from the first harm until all was whole again.</p>\n");
    }

    private static void OfGaps(StringBuilder page, ExperimentResult result)
    {
        page.Append("<p>The longest time since the first harm in which calls on an object waited and none was answered."
            + "</p>\n<table>\n<tr><th></th><th class=\"n\">objects</th><th class=\"n\">min ms</th>"
            + "<th class=\"n\">p50 ms</th><th class=\"n\">p99 ms</th><th class=\"n\">max ms</th></tr>\n");
        Row("all", result.Gap);
        if (result.HurtGap is { } hurt) Row("on the node that was hurt", hurt);
        if (result.OtherGap is { } other) Row("on the other nodes, while it was away", other);
        page.Append("</table>\n<details><summary>Object by object</summary>\n<table>\n");
        foreach (var gap in result.Gaps.Reverse())
        {
            page.Append($"<tr><td>{Text(gap.Object)}</td><td class=\"n\">{Number(gap.Ms, "F1")} ms</td>"
                + $"<td>from {Number((gap.From - result.Start) / 1e9, "F3")} s</td>"
                + $"<td>{(gap.IsHurt == true ? "on the node that was hurt" : "")}</td></tr>\n");
        }

        page.Append("</table></details>\n");

        void Row(string name, GapSummary gap) => page.Append(
            $"<tr><td>{name}</td><td class=\"n\">{gap.Objects}</td><td class=\"n\">{Number(gap.Min, "F1")}</td>"
            + $"<td class=\"n\">{Number(gap.P50, "F1")}</td><td class=\"n\">{Number(gap.P99, "F1")}</td>"
            + $"<td class=\"n\">{Number(gap.Max, "F1")}</td></tr>\n");
    }

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
