using System.Globalization;
using System.Text.Json.Nodes;

namespace Cluster.Cli.Tracing;

/// <summary>
/// Makes lines of strace(1) from the events of a trace. It remembers the calls that it has shown as unfinished, and
/// shows their results as resumed.
/// </summary>
internal sealed class TraceFormatter
{
    private const int UnfinishedBound = 65_536;

    private readonly Dictionary<(int Pid, ulong Seq, Target Target), long> _unfinished = [];

    /// <summary>The line of an event; null: the event repeats one that was shown.</summary>
    public string? Line(TraceEvent news)
    {
        if (Take(news) is not { } shown) return null;
        return news.WhatCase switch
        {
            TraceEvent.WhatOneofCase.Parked => $"{At(Start(news), news.Pid)}{Unfinished(news)}",
            TraceEvent.WhatOneofCase.Completed when shown.IsResumed => $"{At(news.TimeUs, news.Pid)}{Resumed(news)}"
                + Duration(news.TimeUs, shown.StartUs),
            TraceEvent.WhatOneofCase.Completed => $"{At(Start(news), news.Pid)}{Whole(news)}"
                + Duration(news.TimeUs, shown.StartUs),
            TraceEvent.WhatOneofCase.Exited => $"{At(news.TimeUs, news.Pid)}+++ {Exit(news.Exited)} +++",
            TraceEvent.WhatOneofCase.Dropped =>
                $"{Clock(news.TimeUs)} --- {news.Dropped} lines dropped: the trace was read too slowly ---",
            TraceEvent.WhatOneofCase.NodeLost =>
                $"{Clock(news.TimeUs)} --- node {news.NodeLost} is lost: lines may be missing ---",
            _ => null,
        };
    }

    /// <summary>The event as an object for --json; null: the event repeats one that was shown.</summary>
    public JsonObject? Json(TraceEvent news)
    {
        if (Take(news) is not { } shown) return null;
        var json = new JsonObject { ["time"] = Iso(news.TimeUs) };
        if (news.Pid != 0) json["pid"] = news.Pid;
        switch (news.WhatCase)
        {
            case TraceEvent.WhatOneofCase.Parked:
                AddCall(json, "unfinished", StraceCall.Of(news.Target, news.Parked));
                break;
            case TraceEvent.WhatOneofCase.Completed:
                AddCall(json, shown.IsResumed ? "resumed" : "call", StraceCall.Of(news.Target, news.Completed));
                if (news.Completed.Result.Errno is not 0 and var errno) json["errno"] = ((Errno)errno).ToString();
                if (shown.StartUs != 0) json["seconds"] = Math.Max(0, news.TimeUs - shown.StartUs) / 1e6;
                break;
            case TraceEvent.WhatOneofCase.Exited:
                (json["event"], json["expired"]) = ("exit", news.Exited.Expired);
                break;
            case TraceEvent.WhatOneofCase.Dropped:
                (json["event"], json["lines"]) = ("dropped", news.Dropped);
                break;
            case TraceEvent.WhatOneofCase.NodeLost:
                (json["event"], json["node"]) = ("node_lost", news.NodeLost);
                break;
        }

        return json;
    }

    private static void AddCall(JsonObject json, string happened, StraceCall call)
    {
        var (name, before, filled, after, value) = call;
        json["event"] = happened;
        json["name"] = name;
        json["arguments"] = $"{before}{filled}{after}";
        if (value.Length > 0) json["result"] = value.StartsWith('-') ? "-1" : value;
    }

    // Remembers the calls that block. StartUs is 0 if the trace began after the call.
    private (bool IsResumed, long StartUs)? Take(TraceEvent news)
    {
        var name = (news.Pid, news.Seq, news.Target);
        switch (news.WhatCase)
        {
            case TraceEvent.WhatOneofCase.Parked:
                if (_unfinished.Count >= UnfinishedBound) _unfinished.Clear();
                return _unfinished.TryAdd(name, Start(news)) ? (false, Start(news)) : null;
            case TraceEvent.WhatOneofCase.Completed when _unfinished.Remove(name, out var startUs):
                return (true, startUs);
            case TraceEvent.WhatOneofCase.Completed when news.Completed.Again:
                return null;
            case TraceEvent.WhatOneofCase.Completed:
                return (false, news.Completed.StartUs);
            case TraceEvent.WhatOneofCase.Exited:
                foreach (var left in _unfinished.Keys.Where(each => each.Pid == news.Pid).ToArray())
                    if (news.Target.Kind == Kind.Process || left.Target.Equals(news.Target)) _unfinished.Remove(left);
                return (false, 0);
            default:
                return (false, 0);
        }
    }

    private static long Start(TraceEvent news)
    {
        var startUs = (news.Parked ?? news.Completed).StartUs;
        return startUs == 0 ? news.TimeUs : startUs;
    }

    private static string Unfinished(TraceEvent news)
    {
        var (name, before, _, after, _) = StraceCall.Of(news.Target, news.Parked);
        return $"{name}({before}{after} <unfinished ...>";
    }

    private static string Resumed(TraceEvent news)
    {
        var (name, _, filled, _, value) = StraceCall.Of(news.Target, news.Completed);
        return $"<... {name} resumed>{(filled.Length > 0 ? " " : "")}{filled}) = {value}";
    }

    private static string Whole(TraceEvent news)
    {
        var (name, before, filled, after, value) = StraceCall.Of(news.Target, news.Completed);
        return $"{name}({before}{filled}{after}) = {value}";
    }

    private static string Exit(TracedExit exited) => exited.Expired ? "exited: its lease ran out" : "exited";

    private static string Duration(long endUs, long startUs) => startUs == 0
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $" <{Math.Max(0, endUs - startUs) / 1e6:0.000000}>");

    private static string At(long timeUs, int pid) => $"{Clock(timeUs)} [pid {pid}] ";

    private static string Clock(long timeUs) =>
        Time(timeUs).ToLocalTime().ToString("HH:mm:ss.ffffff", CultureInfo.InvariantCulture);

    private static string Iso(long timeUs) =>
        Time(timeUs).ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture);

    private static DateTimeOffset Time(long timeUs) =>
        DateTimeOffset.UnixEpoch.AddTicks(timeUs * TimeSpan.TicksPerMicrosecond);
}
