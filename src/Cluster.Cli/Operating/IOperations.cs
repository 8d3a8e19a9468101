using Cluster.Protocol;

namespace Cluster.Cli.Operating;

/// <summary>What an operator can see and order, as the caller of the tool.</summary>
internal interface IOperations : IAsyncDisposable
{
    /// <summary>These gateways are asked from now on, and those of the command line if none of them answers.</summary>
    void Prefer(IEnumerable<string> gateways);

    /// <summary>All members of the cluster.</summary>
    Task<MembersReply> MembersAsync(CancellationToken cancelled);

    /// <summary>Has a node leave.</summary>
    Task LeaveAsync(string address, CancellationToken cancelled);

    /// <summary>Gives a node up.</summary>
    Task DownAsync(string address, bool evenIfReachable, CancellationToken cancelled);

    /// <summary>Gives every node its share of the shards.</summary>
    Task RebalanceAsync(CancellationToken cancelled);

    /// <summary>Who has an object of the caller's namespace.</summary>
    /// <param name="target">The object, or an extent of a segment.</param>
    /// <param name="offset">If it is an extent, a byte that the segment has to have.</param>
    /// <param name="cancelled">Gives up.</param>
    Task<OwnerReply> OwnerAsync(Target target, ulong offset, CancellationToken cancelled);
}
