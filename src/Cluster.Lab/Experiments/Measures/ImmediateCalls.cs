using Cluster.Lab.Histories;

namespace Cluster.Lab.Experiments.Measures;

/// <summary>The calls that a working cluster answers at once, because they do not wait for other clients.</summary>
internal static class ImmediateCalls
{
    /// <summary>Whether the call is neither a blocking receive nor a blocking acquisition.</summary>
    public static bool Is(Operation call) => call.Call switch
    {
        CallKind.Receive or CallKind.StreamRead => call.NoWait,
        CallKind.Semop => call.NoWait || call.Semops!.All(op => op.Amount > 0)
            || call.Semops is [{ Amount: -1, Number: 1 }],
        CallKind.Exit => false,
        _ => true,
    };
}
