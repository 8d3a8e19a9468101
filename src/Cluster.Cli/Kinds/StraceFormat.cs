namespace Cluster.Cli.Kinds;

/// <summary>How strace(1) shows one operation.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Arguments">Formats the call.</param>
/// <param name="Outcome">Formats the result of a call that succeeded; null: it fills nothing and returns 0.</param>
internal sealed record StraceFormat(
    CallOperation Operation, Func<TracedOperation, StraceArguments> Arguments,
    Func<TracedOperation, Result, StraceOutcome>? Outcome = null)
{
    /// <summary>
    /// The errno that a caller sees of the one on the wire, where two calls of the C library are one on the wire; null:
    /// the same.
    /// </summary>
    public Func<TracedOperation, int, int>? Failure { get; init; }

    /// <summary>
    /// The format of an entry of <see cref="Call"/>. A kind with one entry has a format for each operation behind it:
    /// <see cref="CallTraits.Find"/> finds the operation.
    /// </summary>
    public StraceFormat(
        Call.OpOneofCase entry, Func<TracedOperation, StraceArguments> arguments,
        Func<TracedOperation, Result, StraceOutcome>? outcome = null)
        : this(CallTraits.Find(entry), arguments, outcome)
    {
    }
}

/// <summary>A call as a trace tells it.</summary>
/// <param name="Id">The id of the entity that was called.</param>
/// <param name="Kind">The kind of object that the call is about; null: none that this version knows.</param>
/// <param name="Traced">The call with its lengths, because a trace cuts long texts and arrays.</param>
internal readonly record struct TracedOperation(long Id, CliKind? Kind, TracedCall Traced)
{
    public Call Call => Traced.Call;

    /// <summary>The prefix of the kind's calls: msg.</summary>
    public string Word => Kind?.Names.Word ?? "";
}

/// <summary>A call in the notation of strace.</summary>
/// <param name="Name">The name: msgrcv.</param>
/// <param name="Before">The arguments before the one that the call fills.</param>
/// <param name="After">The arguments after that one.</param>
internal readonly record struct StraceArguments(string Name, string Before = "", string After = "");

/// <summary>The result of a call in the notation of strace.</summary>
/// <param name="Filled">What the call wrote into its argument; empty: nothing.</param>
/// <param name="Value">What it returned.</param>
internal readonly record struct StraceOutcome(string Filled, string Value)
{
    /// <summary>It filled nothing and returned 0.</summary>
    public static StraceOutcome Zero => new("", "0");

    /// <summary>It filled nothing and returned a number.</summary>
    public static StraceOutcome Of(long value) => new("", $"{value}");
}
