namespace Cluster.Cli.Operating;

/// <summary>The questions and orders of an operator, with the credentials of the caller of the tool.</summary>
internal interface IOperations : IAsyncDisposable
{
    /// <summary>Asks these gateways first from now on, and then those of the command line.</summary>
    void Prefer(IEnumerable<string> gateways);

    /// <summary>All members of the cluster.</summary>
    Task<MembersReply> MembersAsync(CancellationToken cancelled);

    /// <summary>Has a node leave.</summary>
    Task LeaveAsync(string address, CancellationToken cancelled);

    /// <summary>Declares a node lost: its objects start elsewhere.</summary>
    Task DownAsync(string address, bool evenIfReachable, CancellationToken cancelled);

    /// <summary>Gives every node its share of the shards.</summary>
    Task RebalanceAsync(CancellationToken cancelled);

    /// <summary>The node that an object of the caller's namespace is on.</summary>
    /// <param name="target">The object, or an extent of a segment.</param>
    /// <param name="offset">For an extent: EINVAL if the segment ends before this byte.</param>
    /// <param name="cancelled">Gives up.</param>
    Task<OwnerReply> OwnerAsync(Target target, ulong offset, CancellationToken cancelled);

    /// <summary>Who the node thinks the caller is.</summary>
    Task<WhoAmIReply> WhoAmIAsync(CancellationToken cancelled);
}
