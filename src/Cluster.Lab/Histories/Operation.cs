using System.Globalization;
using System.Text.Json.Serialization;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Lab.Histories;

/// <summary>
/// One call as its client saw it. Times are nanoseconds of one monotonic clock. A member that the call does not have is
/// at its default, and not written.
/// </summary>
public sealed record Operation
{
    /// <summary>The process that made the call. A client that lost its process goes on under a new number.</summary>
    public int Client { get; init; }

    /// <summary>The object's name in the experiment; empty for <see cref="CallKind.Exit"/>.</summary>
    public string Object { get; init; } = "";

    /// <summary>The call.</summary>
    public CallKind Call { get; init; }

    /// <summary>When it was made.</summary>
    public long InvokedAt { get; init; }

    /// <summary>When its outcome was known; null while <see cref="Outcome.Pending"/>.</summary>
    public long? ReturnedAt { get; init; }

    /// <summary>How it ended.</summary>
    public Outcome Outcome { get; init; }

    /// <summary>Why it did not happen.</summary>
    public Errno Errno { get; init; }

    /// <summary>msgrcv(2): what is asked for: 0, a type, or minus the highest type.</summary>
    public long Selector { get; init; }

    /// <summary>mtype of what was sent or received.</summary>
    public long Type { get; init; }

    /// <summary>What was sent or received; unique among all sends of a history.</summary>
    public string? Text { get; init; }

    /// <summary>semop(2).</summary>
    public IReadOnlyList<SemaphoreOperation>? Semops { get; init; }

    /// <summary>SETALL, GETALL.</summary>
    public IReadOnlyList<int>? Values { get; init; }

    /// <summary>IPC_NOWAIT: the refusal says something about the object's state.</summary>
    public bool NoWait { get; init; }

    /// <summary>The operand of an operation on a word.</summary>
    public ulong Value { get; init; }

    /// <summary>What a compare-exchange expects.</summary>
    public ulong Expected { get; init; }

    /// <summary>What the word was.</summary>
    public ulong Result { get; init; }

    /// <summary>The fencing token of the result; 0 if it has none.</summary>
    public ulong Revision { get; init; }

    /// <summary>When the call was seen to wait inside the object, if it was.</summary>
    public long? ParkedAt { get; init; }

    /// <summary>When its client cancelled it, if it did.</summary>
    public long? CancelledAt { get; init; }

    /// <summary>How often it completed: more than once is a fault of its own.</summary>
    public int Completions { get; init; }

    /// <summary>It happened.</summary>
    [JsonIgnore]
    public bool IsOk => Outcome == Outcome.Ok;

    /// <summary>It may have happened, or happen yet.</summary>
    [JsonIgnore]
    public bool IsOpen => Outcome is Outcome.Unknown or Outcome.Pending;

    /// <summary>The latest time at which it can have happened.</summary>
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
        >= CallKind.Load and <= CallKind.FetchXor => $"{Result:x}",
        _ => "ok",
    };
}
