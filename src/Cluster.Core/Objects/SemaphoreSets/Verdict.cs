using Cluster.Protocol;

namespace Cluster.Core.Objects.SemaphoreSets;

/// <summary>The result of a trial of operations on the present values.</summary>
/// <param name="Waits">Whether the operations cannot be performed now and may wait.</param>
/// <param name="Errno">If they do not wait: the error; None: they can be performed.</param>
/// <param name="Blocking">If they wait: the index of the first operation that cannot be performed.</param>
internal readonly record struct Verdict(bool Waits, Errno Errno, int Blocking)
{
    /// <summary>Whether the operations can be performed.</summary>
    public bool Performs => !Waits && Errno == Errno.None;
}
