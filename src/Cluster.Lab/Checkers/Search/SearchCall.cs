using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers.Search;

/// <summary>A call to be put into an order.</summary>
/// <param name="Operation">The call.</param>
/// <param name="From">It happens after this.</param>
/// <param name="By">It happens before this; long.MaxValue: at any time, or never.</param>
/// <param name="IsRead">It never changes the state.</param>
/// <param name="Group">Calls of one group happen in the order of their ranks; -1: of none.</param>
/// <param name="Rank">Known place in the group.</param>
internal sealed record SearchCall(
    Operation Operation, long From, long By, bool IsRead = false, int Group = -1, ulong Rank = 0)
{
    public bool IsOptional => By == long.MaxValue;
}
