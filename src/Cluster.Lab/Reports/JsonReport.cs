using System.Text.Json.Nodes;
using Cluster.Lab.Checkers;
using Cluster.Lab.Experiments;
using Cluster.Lab.Experiments.Measures;

namespace Cluster.Lab.Reports;

/// <summary>The result of an experiment as one JSON object.</summary>
public static class JsonReport
{
    /// <summary>The object.</summary>
    public static JsonObject Of(ExperimentResult result)
    {
        var json = new JsonObject
        {
            ["experiment"] = NameOf(result.Options.Kind),
            ["seed"] = result.Options.Seed,
            ["nodes"] = result.Options.Nodes,
            ["journal"] = result.Journal,
            ["profile"] = result.Options.Profile,
            ["version"] = result.Version,
            ["calls"] = result.Tally.Calls,
            ["acknowledged"] = result.Tally.Acknowledged,
            ["unknown"] = result.Tally.Unknown,
            ["lost"] = result.Tally.Lost,
            ["duplicated"] = result.Tally.Duplicated,
            ["lost_clients"] = result.LostClients,
            ["gap_ms"] = Of(result.Gap),
        };
        if (result.HurtGap is { } hurt) json["hurt_gap_ms"] = Of(hurt);
        if (result.OtherGap is { } other) json["other_gap_ms"] = Of(other);
        json["checks"] = new JsonObject(result.Verdicts.Select(verdict =>
            new KeyValuePair<string, JsonNode?>(verdict.Name, verdict.Holds)));
        json["undecided"] = new JsonArray([.. result.Verdicts.Where(verdict => verdict.Ruling == Ruling.Undecided)
            .Select(verdict => JsonValue.Create(verdict.Name))]);
        json["explanations"] = new JsonObject(result.Verdicts.Where(verdict => !verdict.Holds).Select(verdict =>
            new KeyValuePair<string, JsonNode?>(verdict.Name, verdict.ToString())));
        json["timeline"] = new JsonArray([.. result.Timeline.Select(one => (JsonNode)new JsonObject
        {
            ["seconds"] = Math.Round(one.Seconds, 3), ["what"] = one.What,
        })]);
        json["seconds"] = Math.Round(result.Seconds, 1);
        json["fault_at"] = Math.Round(result.FaultAt, 3);
        json["healed_at"] = Math.Round(result.HealedAt, 3);
        json["out"] = result.Options.Out;
        json["holds"] = result.Holds;
        return json;
    }

    /// <summary>The experiment's name on the command line.</summary>
    public static string NameOf(ExperimentKind kind) => kind.ToString().ToLowerInvariant();

    private static JsonObject Of(GapSummary gap) => new()
    {
        ["objects"] = gap.Objects,
        ["min"] = Math.Round(gap.Min, 1),
        ["p50"] = Math.Round(gap.P50, 1),
        ["p99"] = Math.Round(gap.P99, 1),
        ["max"] = Math.Round(gap.Max, 1),
    };
}
