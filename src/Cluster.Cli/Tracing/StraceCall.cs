using Cluster.Cli.Kinds;
using Cluster.Cli.Output;
using Cluster.Protocol;

namespace Cluster.Cli.Tracing;

/// <summary>A call in the notation of strace.</summary>
/// <param name="Name">The name: msgrcv.</param>
/// <param name="Before">The arguments before the one that the call fills.</param>
/// <param name="Filled">What the call wrote into that argument; empty: nothing, or there is no such argument.</param>
/// <param name="After">The arguments after that one.</param>
/// <param name="Value">What the call returned; empty: it has not returned.</param>
internal sealed record StraceCall(string Name, string Before, string Filled, string After, string Value)
{
    /// <summary>The call in the notation of strace.</summary>
    /// <param name="target">What was called.</param>
    /// <param name="traced">The call, and its result if it has completed.</param>
    public static StraceCall Of(Target target, TracedCall traced)
    {
        var format = StraceFormats.Of(traced.Call.OpCase);
        var operation = new TracedOperation(target.Id, CliKinds.Of(target), traced);
        var (name, before, after) = format.Arguments(operation);
        if (traced.Result is not { } result) return new StraceCall(name, before, "", after, "");
        if (result.Errno != 0) return new StraceCall(name, before, "", after, StraceText.Failure(result.Errno));
        var (filled, value) = format.Outcome?.Invoke(operation, result) ?? StraceOutcome.Zero;
        return new StraceCall(name, before, filled, after, value);
    }
}
