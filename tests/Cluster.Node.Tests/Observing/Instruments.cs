using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Cluster.Actors;
using Cluster.Node.Observing;

namespace Cluster.Node.Tests.Observing;

/// <summary>All instruments of the meter, under the names that Prometheus sees.</summary>
internal static class Instruments
{
    private static readonly string[] Sets =
        ["Cluster.Actors.Journal.Rows.JournalMetrics", "Cluster.Actors.Entities.EntityMetrics"];

    /// <summary>The name and the type of each instrument.</summary>
    public static IReadOnlyDictionary<string, string> All()
    {
        var found = new Dictionary<string, string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter.Name == NodeMetrics.Name) found[NameOf(instrument)] = TypeOf(instrument);
        };
        foreach (var set in Sets)
            RuntimeHelpers.RunClassConstructor(typeof(NodeStats).Assembly.GetType(set, throwOnError: true)!.TypeHandle);
        listener.Start();
        using var metrics = new NodeMetrics(new NodeStats(), () => true, () => null);
        return found;
    }

    private static string NameOf(Instrument instrument)
    {
        var unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        var total = TypeOf(instrument) == "counter" ? "_total" : "";
        return instrument.Name.Replace('.', '_') + unit + total;
    }

    private static string TypeOf(Instrument instrument) => instrument switch
    {
        { IsObservable: true } when instrument.GetType().Name.Contains("Counter", StringComparison.Ordinal) =>
            "counter",
        { IsObservable: true } => "gauge",
        _ when instrument.GetType().Name.Contains("Histogram", StringComparison.Ordinal) => "histogram",
        _ => "counter",
    };
}
