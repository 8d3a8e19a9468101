using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers.Search;

/// <summary>A call to place in an order.</summary>
/// <param name="Operation">The call.</param>
/// <param name="From">The call happens after this time, ns.</param>
/// <param name="By">The call happens before this time, ns; long.MaxValue: at any later time, or never.</param>
/// <param name="IsRead">Whether the call never changes the state.</param>
/// <param name="Group">Calls of one group happen in the order of their ranks; -1: the call has no group.</param>
/// <param name="Rank">The rank of the call in its group.</param>
internal sealed record SearchCall(
    Operation Operation, long From, long By, bool IsRead = false, int Group = -1, ulong Rank = 0)
{
    public bool IsOptional => By == long.MaxValue;
}
