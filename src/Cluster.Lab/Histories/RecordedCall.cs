using Cluster.Protocol;

namespace Cluster.Lab.Histories;

/// <summary>
/// Records the end of a call that is under way. A second end is not an error here: it is counted, and a checker finds
/// it.
/// </summary>
public sealed class RecordedCall
{
    private readonly Recorder _recorder;
    private readonly Lock _lock = new();
    private Operation _operation;

    internal RecordedCall(Recorder recorder, Operation call)
    {
        _recorder = recorder;
        _operation = call with { InvokedAt = recorder.Now() };
    }

    /// <summary>The call as it is now.</summary>
    public Operation Operation
    {
        get
        {
            lock (_lock) return _operation;
        }
    }

    /// <summary>The call was seen parked in the object.</summary>
    public void Parked()
    {
        var now = _recorder.Now();
        lock (_lock) _operation = _operation with { ParkedAt = _operation.ParkedAt ?? now };
    }

    /// <summary>The client is about to cancel the call.</summary>
    public void Cancelled()
    {
        var now = _recorder.Now();
        lock (_lock) _operation = _operation with { CancelledAt = _operation.CancelledAt ?? now };
    }

    /// <summary>The call happened, and has no result value.</summary>
    public void Ok(ulong revision = 0) => End(call => call with { Outcome = Outcome.Ok, Revision = revision });

    /// <summary>The call received a message.</summary>
    public void Received(long type, string text, ulong revision) => End(call => call with
    {
        Outcome = Outcome.Ok, Type = type, Text = text, Revision = revision,
    });

    /// <summary>The call returned the value of the word before it.</summary>
    public void Returned(ulong word) => End(call => call with { Outcome = Outcome.Ok, Result = word });

    /// <summary>The call read records.</summary>
    public void Read(string records) => End(call => call with { Outcome = Outcome.Ok, Text = records });

    /// <summary>The call returned the values of the set.</summary>
    public void Returned(IReadOnlyList<int> values) => End(call => call with { Outcome = Outcome.Ok, Values = values });

    /// <summary>The call did not happen.</summary>
    public void Refused(Errno errno) => End(call => call with { Outcome = Outcome.Refused, Errno = errno });

    /// <summary>The process of the call is lost.</summary>
    public void Unknown() => End(call => call with { Outcome = Outcome.Unknown });

    private void End(Func<Operation, Operation> ended)
    {
        var now = _recorder.Now();
        lock (_lock)
        {
            var first = _operation.Completions == 0 ? ended(_operation) with { ReturnedAt = now } : _operation;
            _operation = first with { Completions = _operation.Completions + 1 };
        }
    }
}
