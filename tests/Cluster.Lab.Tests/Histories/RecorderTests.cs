using Cluster.Client;
using Cluster.Lab.Histories;
using Cluster.Protocol;

namespace Cluster.Lab.Tests.Histories;

public sealed class RecorderTests
{
    [Fact]
    public void A_recorder_has_a_bound_of_calls()
    {
        var recorder = new Recorder(TimeProvider.System, 2);
        Assert.NotNull(recorder.Begin(new Operation()));
        Assert.NotNull(recorder.Begin(new Operation()));
        Assert.Null(recorder.Begin(new Operation()));
        Assert.True(recorder.IsFull);
        Assert.Equal(2, recorder.Snapshot().Operations.Count);
    }

    [Fact]
    public void The_first_end_of_a_call_counts_and_a_second_one_is_recorded()
    {
        var recorder = new Recorder(TimeProvider.System);
        var call = recorder.Begin(new Operation { Client = 1, Object = "queue:0", Call = CallKind.Receive })!;
        call.Received(3, "a", 9);
        call.Refused(Errno.EINTR);
        var operation = Assert.Single(recorder.Snapshot().Operations);
        Assert.Equal((Outcome.Ok, "a", 9ul, 2),
            (operation.Outcome, operation.Text, operation.Revision, operation.Completions));
        Assert.True(operation.ReturnedAt >= operation.InvokedAt);
    }

    [Fact]
    public async Task A_history_survives_json_lines()
    {
        var recorder = new Recorder(TimeProvider.System);
        var call = new Operation { Client = 1, Object = "set:0", Call = CallKind.Semop };
        recorder.Begin(call with { Semops = [new SemaphoreOperation(1, -1, SemFlags.Undo)] })!.Ok(4);
        recorder.Begin(call with { Call = CallKind.GetValues })!.Returned([1, 2]);
        recorder.Begin(call with { Call = CallKind.FetchAdd, Value = ulong.MaxValue })!.Returned(7ul);
        recorder.Begin(call with { Call = CallKind.Receive, NoWait = true })!.Refused(Errno.ENOMSG);
        recorder.Begin(call with { Call = CallKind.Send, Text = "\"ä\n", Type = 3 })!.Unknown();
        var parked = recorder.Begin(call with { Call = CallKind.Receive, Selector = -3 })!;
        parked.Parked();
        parked.Cancelled();
        var history = recorder.Snapshot();

        var text = new StringWriter();
        await history.WriteAsync(text);
        var copy = await History.ReadAsync(new StringReader(text.ToString()));
        var again = new StringWriter();
        await copy.WriteAsync(again);
        Assert.Equal(text.ToString(), again.ToString());
        Assert.Equal(history.Operations.Select(o => o.ToString()), copy.Operations.Select(o => o.ToString()));
        Assert.Equal(history.Operations.Select(o => (o.ParkedAt, o.CancelledAt)),
            copy.Operations.Select(o => (o.ParkedAt, o.CancelledAt)));
    }
}
