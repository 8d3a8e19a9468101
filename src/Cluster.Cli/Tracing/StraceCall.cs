using Cluster.Cli.Kinds;
using Cluster.Cli.Output;

namespace Cluster.Cli.Tracing;

/// <summary>A call in the notation of strace, and its result: empty texts if it has not returned.</summary>
internal readonly record struct StraceCall(StraceArguments Arguments, StraceOutcome Outcome)
{
    /// <summary>The call in the notation of strace.</summary>
    /// <param name="target">What was called.</param>
    /// <param name="traced">The call, and its result if it has completed.</param>
    public static StraceCall Of(Target target, TracedCall traced)
    {
        var format = StraceFormats.Of(CallTraits.OperationOf(traced.Call));
        var operation = new TracedOperation(target.Id, CliKinds.Of(target), traced);
        var outcome = traced.Result switch
        {
            null => new StraceOutcome("", ""),
            { Errno: not 0 and var errno } => new StraceOutcome("", StraceText.Failure(
                format.Failure?.Invoke(operation, errno) ?? errno)),
            var result => format.Outcome?.Invoke(operation, result) ?? StraceOutcome.Zero,
        };
        return new StraceCall(format.Arguments(operation), outcome);
    }

    public void Deconstruct(out string name, out string before, out string filled, out string after, out string value)
    {
        (name, before, after) = Arguments;
        (filled, value) = Outcome;
    }
}
