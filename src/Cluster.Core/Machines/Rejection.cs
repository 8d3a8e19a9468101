using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <summary>Why a call fails at once, and whether the ledger has to remember that.</summary>
/// <param name="Errno">The error that the man page names.</param>
/// <param name="IsRecorded">
/// True: the failure depends on the state, so a late copy of the call must not run; the failure is journalled. False:
/// the arguments alone make the call fail, or the call only reads; a late copy may be decided anew.
/// </param>
public readonly record struct Rejection(Errno Errno, bool IsRecorded)
{
    /// <summary>The state makes the call fail. The failure is journalled.</summary>
    public static Rejection Recorded(Errno errno) => new(errno, true);

    /// <summary>The arguments alone make the call fail, or the call only reads. Nothing is journalled.</summary>
    public static Rejection Unrecorded(Errno errno) => new(errno, false);
}
