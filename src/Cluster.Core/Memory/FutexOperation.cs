using Cluster.Protocol;

namespace Cluster.Core.Memory;

/// <summary>The operations and comparisons of FUTEX_WAKE_OP.</summary>
internal static class FutexOperation
{
    /// <summary>The word after the operation; null: there is no such operation.</summary>
    public static int? Next(int old, FutexWakeOp call) => call.Op switch
    {
        0 => call.Operand,
        1 => unchecked(old + call.Operand),
        2 => old | call.Operand,
        3 => old & ~call.Operand,
        4 => old ^ call.Operand,
        _ => null,
    };

    /// <summary>Whether the comparison of the old word holds; null: there is no such comparison.</summary>
    public static bool? Holds(int old, FutexWakeOp call) => call.Cmp switch
    {
        0 => old == call.CmpOperand,
        1 => old != call.CmpOperand,
        2 => old < call.CmpOperand,
        3 => old <= call.CmpOperand,
        4 => old > call.CmpOperand,
        5 => old >= call.CmpOperand,
        _ => null,
    };
}
