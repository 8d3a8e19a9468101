using System.Globalization;
using System.Text.Json.Serialization;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Lab.Histories;

/// <summary>
/// One call as its client saw it. Times are nanoseconds of one monotonic clock. A member that does not apply to the
/// call has its default value, and is not written to the file.
/// </summary>
public sealed record Operation
{
    /// <summary>The process that made the call. A client that lost its process continues with a new number.</summary>
    public int Client { get; init; }

    /// <summary>The object's name in the experiment; empty for <see cref="CallKind.Exit"/>.</summary>
    public string Object { get; init; } = "";

    /// <summary>The call.</summary>
    public CallKind Call { get; init; }

    /// <summary>When the call was made.</summary>
    public long InvokedAt { get; init; }

    /// <summary>When its outcome was known; null while <see cref="Outcome.Pending"/>.</summary>
    public long? ReturnedAt { get; init; }

    /// <summary>How the call ended.</summary>
    public Outcome Outcome { get; init; }

    /// <summary>Why the call did not happen.</summary>
    public Errno Errno { get; init; }

    /// <summary>msgtyp of msgrcv(2): 0, a type, or minus the highest type.</summary>
    public long Selector { get; init; }

    /// <summary>mtype of the message.</summary>
    public long Type { get; init; }

    /// <summary>The text of the message; unique among all sends of a history.</summary>
    public string? Text { get; init; }

    /// <summary>The operations of semop(2).</summary>
    public IReadOnlyList<SemaphoreOperation>? Semops { get; init; }

    /// <summary>The values of SETALL or GETALL.</summary>
    public IReadOnlyList<int>? Values { get; init; }

    /// <summary>IPC_NOWAIT: a refusal shows the object's state.</summary>
    public bool NoWait { get; init; }

    /// <summary>The time-out of a call that nobody serves, ns; 0: the time of its end says nothing.</summary>
    public long TimeoutNs { get; init; }

    /// <summary>The operand of an operation on a word.</summary>
    public ulong Value { get; init; }

    /// <summary>The value that a compare-exchange expects.</summary>
    public ulong Expected { get; init; }

    /// <summary>The value of the word before the call.</summary>
    public ulong Result { get; init; }

    /// <summary>The fencing token of the result; 0 if it has none.</summary>
    public ulong Revision { get; init; }

    /// <summary>When the call was seen parked in the object; null: it was not.</summary>
    public long? ParkedAt { get; init; }

    /// <summary>When its client cancelled the call; null: it did not.</summary>
    public long? CancelledAt { get; init; }

    /// <summary>How often the call completed. More than once is an error.</summary>
    public int Completions { get; init; }

    /// <summary>Whether the call happened.</summary>
    [JsonIgnore]
    public bool IsOk => Outcome == Outcome.Ok;

    /// <summary>Whether the call may have happened, or may still happen.</summary>
    [JsonIgnore]
    public bool IsOpen => Outcome is Outcome.Unknown or Outcome.Pending;

    /// <summary>The latest time at which the call can have happened.</summary>
    [JsonIgnore]
    public long LatestAt => IsOpen ? long.MaxValue : ReturnedAt ?? long.MaxValue;

    /// <summary>For example: client 3 at 1.000000-1.250000 s on queue:0: msgrcv(0) = {1, "3-17"} revision 12.</summary>
    public override string ToString()
    {
        var until = ReturnedAt is { } at ? Seconds(at) : "?";
        var on = Object.Length > 0 ? $" on {Object}" : "";
        return $"client {Client} at {Seconds(InvokedAt)}-{until} s{on}: {CallText()} = {OutcomeText()}";
    }

    private static string Seconds(long ns) => (ns / 1e9).ToString("F6", CultureInfo.InvariantCulture);

    private string CallText() => Call switch
    {
        CallKind.Send => $"msgsnd({Type}, \"{Text}\")",
        CallKind.Receive => $"msgrcv({Selector}{Flag()})",
        CallKind.Semop => $"semop({Operations()}{Flag()})",
        CallKind.SetValues => $"SETALL({string.Join(' ', Values!)})",
        CallKind.GetValues => "GETALL",
        CallKind.Exit => "exit",
        CallKind.Load => "load",
        CallKind.StreamWrite => $"write({Value}+{Expected})",
        CallKind.StreamRead => $"read({Flag().TrimStart(',', ' ')})",
        CallKind.CompareExchange => $"compare-exchange({Value:x}, expected {Expected:x})",
        _ => $"{Call}({Value:x})",
    };

    private string Operations() => string.Join(' ', Semops!.Select(op => $"{op.Number}:{op.Amount:+0;-0;0}"));

    private string Flag() => NoWait ? ", IPC_NOWAIT" : "";

    private string OutcomeText() => Outcome switch
    {
        Outcome.Pending => "?",
        Outcome.Unknown => "unknown: the process was lost",
        Outcome.Refused => Errno.ToString(),
        _ => ResultText() + (Revision > 0 ? $" revision {Revision}" : ""),
    };

    private string ResultText() => Call switch
    {
        CallKind.Receive => $"{{{Type}, \"{Text}\"}}",
        CallKind.GetValues => string.Join(' ', Values!),
        CallKind.StreamWrite => $"{Result}",
        CallKind.StreamRead => $"\"{Text}\"",
        >= CallKind.Load and <= CallKind.FetchXor => $"{Result:x}",
        _ => "ok",
    };
}
