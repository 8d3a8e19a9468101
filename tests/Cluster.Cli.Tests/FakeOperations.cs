using Cluster.Cli.Operating;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Tests;

/// <summary>Members in memory. A node that has an order to go is gone at the second look after it.</summary>
internal sealed class FakeOperations : IOperations
{
    private const int SegmentBytes = 300_000;

    private IpcClientOptions _options = new();
    private MemberView? _going;

    public MembersReply Reply { get; } = new() { Asked = "127.0.0.1:4001" };

    /// <summary>The gateways that the command prefers.</summary>
    public List<string> Preferred { get; } = [];

    /// <summary>The orders, in their order.</summary>
    public List<string> Orders { get; } = [];

    /// <summary>Whether a node stays in spite of an order to go.</summary>
    public bool Stays { get; set; }

    public FakeOperations As(IpcClientOptions options)
    {
        _options = options;
        return this;
    }

    public void Prefer(IEnumerable<string> gateways) => Preferred.AddRange(gateways);

    public Task<MembersReply> MembersAsync(CancellationToken cancelled)
    {
        if (_going is { Status: "leaving" or "down" } && !Stays) Reply.Members.Remove(_going);
        var reply = Reply.Clone();
        if (_going is { Status: "up" } && Orders is [.., var order])
            _going.Status = order.StartsWith("leave", StringComparison.Ordinal) ? "leaving" : "down";
        return Task.FromResult(reply);
    }

    public Task LeaveAsync(string address, CancellationToken cancelled)
    {
        Obey("leave", address);
        return Task.CompletedTask;
    }

    public Task DownAsync(string address, bool evenIfReachable, CancellationToken cancelled)
    {
        if (!evenIfReachable && !Reply.Members.Single(member => member.Address == address).Unreachable)
            throw new IpcException(Errno.EBUSY, "down", $"{address} is reachable");
        Obey("down", address);
        return Task.CompletedTask;
    }

    public Task RebalanceAsync(CancellationToken cancelled)
    {
        Obey("rebalance", "");
        (Reply.Members[0].Figures.Objects.Shards, Reply.Members[1].Figures.Objects.Shards) = (64, 64);
        return Task.CompletedTask;
    }

    public Task<OwnerReply> OwnerAsync(Target target, ulong offset, CancellationToken cancelled) =>
        offset >= SegmentBytes
        ? throw new IpcException(Errno.EINVAL, "owner", $"the segment has {SegmentBytes} bytes")
        : target is { Kind: Kind.Extent, Id: (3L << 32) | 1 } or { Kind: not Kind.Extent, Id: 3 }
        ? Task.FromResult(new OwnerReply
        {
            Address = "127.0.0.1:4001", Gateway = "http://127.0.0.1:5001", Shard = "17",
        })
        : throw new IpcException(Errno.EINVAL, "owner", $"there is no object {target.Id}");

    /// <summary>The answer to whoami.</summary>
    public WhoAmIReply Who { get; set; } = new();

    public Task<WhoAmIReply> WhoAmIAsync(CancellationToken cancelled) => Task.FromResult(Who);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Obey(string order, string address)
    {
        if (_options.Uid != 0) throw new IpcException(Errno.EPERM, order);
        Orders.Add($"{order} {address}".Trim());
        _going = Reply.Members.FirstOrDefault(member => member.Address == address);
    }
}
