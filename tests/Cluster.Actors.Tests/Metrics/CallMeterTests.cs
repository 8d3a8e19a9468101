using System.Diagnostics;
using System.Diagnostics.Metrics;
using Cluster.Actors.Metrics;
using Cluster.Core.Sessions;
using Cluster.Protocol;

namespace Cluster.Actors.Tests.Metrics;

/// <summary>The counters of completed calls.</summary>
public sealed class CallMeterTests : IDisposable
{
    private readonly Meter _meter = new("test");
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, long> _counts = [];
    private readonly List<(double Seconds, string Labels)> _durations = [];

    public CallMeterTests()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == _meter) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, value, labels, _) => _counts[Text(labels)] = value);
        _listener.SetMeasurementEventCallback<double>((_, value, labels, _) => _durations.Add((value, Text(labels))));
        _listener.Start();
    }

    public void Dispose()
    {
        _listener.Dispose();
        _meter.Dispose();
    }

    [Fact]
    public void Calls_are_counted_by_kind_operation_and_errno_and_one_of_each_operation_is_timed()
    {
        var meter = new CallMeter(_meter);
        Complete(meter, Kind.MessageQueue, 7,
            (Call.OpOneofCase.Msgsnd, 0), (Call.OpOneofCase.Msgsnd, 0), (Call.OpOneofCase.Msgrcv, (int)Errno.ENOMSG),
            (Call.OpOneofCase.Msgsnd, 0));
        Complete(meter, Kind.MessageQueue, 8, (Call.OpOneofCase.Msgsnd, 0));
        Complete(meter, Kind.Directory, (long)Kind.SemaphoreSet, (Call.OpOneofCase.Get, 0));
        _listener.RecordObservableInstruments();
        Assert.Equal(
            new Dictionary<string, long>
            {
                ["errno=0 kind=message_queue operation=msgsnd"] = 4,
                ["errno=ENOMSG kind=message_queue operation=msgrcv"] = 1,
                ["errno=0 kind=semaphore_set operation=get"] = 1,
                ["errno=EAGAIN"] = 0,
                ["errno=ENOBUFS"] = 0,
                ["errno=ENOSPC"] = 0,
            },
            _counts);
        Assert.Equal(4, _durations.Count);
        Assert.All(_durations, each => Assert.InRange(each.Seconds, 1, 1_000));
        Assert.Equal(2, _durations.Count(each => each.Labels == "kind=message_queue operation=msgsnd"));
    }

    [Fact]
    public void Refusals_are_counted_over_all_kinds_with_the_name_of_the_operation()
    {
        var meter = new CallMeter(_meter);
        Complete(meter, Kind.MessageQueue, 1, (Call.OpOneofCase.Msgsnd, (int)Errno.EAGAIN));
        Complete(meter, Kind.Namespace, 0, (Call.OpOneofCase.LimitsGet, (int)Errno.EAGAIN));
        _listener.RecordObservableInstruments();
        Assert.Equal(2, _counts["errno=EAGAIN"]);
        Assert.Equal(0, _counts["errno=ENOSPC"]);
        Assert.Equal(1, _counts["errno=EAGAIN kind=namespace operation=limits_get"]);
    }

    [Fact]
    public void Every_operation_has_a_label_of_its_own()
    {
        var meter = new CallMeter(_meter);
        var batch = meter.Begin(new Target { Kind = Kind.Allocator });
        foreach (var operation in CallTraits.Operations) batch.Add(new SentCall(0, operation.Number), 0);
        batch.Flush();
        _listener.RecordObservableInstruments();
        Assert.Equal(
            CallTraits.Operations.Select(each => $"errno=0 kind=allocator operation={each.Name}").Order(),
            _counts.Where(count => count.Value == 1).Select(count => count.Key).Order());
        Assert.Equal(CallTraits.Operations.Count, _durations.Count);
    }

    [Fact]
    public void A_kind_and_an_errno_without_a_label_count_for_no_other()
    {
        var meter = new CallMeter(_meter);
        Complete(meter, (Kind)100_000, 1, (Call.OpOneofCase.None, 100_000), (Call.OpOneofCase.None, -1));
        _listener.RecordObservableInstruments();
        Assert.Equal(2, _counts["errno=other kind=unspecified operation=none"]);
        Assert.Equal(2, _counts.Values.Sum());
    }

    private static void Complete(
        CallMeter meter, Kind kind, long id, params (Call.OpOneofCase Operation, int Errno)[] calls)
    {
        var batch = meter.Begin(new Target { Kind = kind, Id = id });
        var sent = Stopwatch.GetTimestamp() - (2 * Stopwatch.Frequency);
        foreach (var (operation, errno) in calls)
            batch.Add(new SentCall(sent, CallTraits.Find(operation).Number), errno);
        batch.Flush();
    }

    private static string Text(ReadOnlySpan<KeyValuePair<string, object?>> labels) =>
        string.Join(' ', labels.ToArray().Select(label => $"{label.Key}={label.Value}").Order());
}
