using Akka.Cluster;
using Akka.Actor;
using Cluster.Actors.Tests.Client;
using Cluster.Protocol;

namespace Cluster.Actors.Tests.Operations;

/// <summary>Operators on real nodes in this process.</summary>
public sealed class ClusterOperationsTests : IAsyncLifetime
{
    private static readonly Credentials Root = new();
    private static readonly Credentials Somebody = new() { Uid = 1000, Gid = 1000 };
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    private readonly ClusterMember _first = new() { IsSeed = true };
    private ClusterMember _second = null!;

    public async Task InitializeAsync()
    {
        await _first.InitializeAsync();
        _second = await ClusterMember.JoinAsync(_first);
    }

    public async Task DisposeAsync()
    {
        await _second.DisposeAsync();
        await _first.DisposeAsync();
    }

    [Fact]
    public async Task Both_nodes_report_the_same_members()
    {
        await using var process = await _second.ConnectAsync();
        await UntilAsync(_first, reply => reply.Members.Count == 2 && reply.Members.All(IsUp));
        var (here, there) = (await MembersAsync(_first), await MembersAsync(_second));
        Assert.Equal(here.Members.Select(member => member.Address), there.Members.Select(member => member.Address));
        Assert.Equal((AddressOf(_first), AddressOf(_second)), (here.Asked, there.Asked));
        foreach (var members in new[] { here.Members, there.Members })
        {
            Assert.Equal(AddressOf(_first), Assert.Single(members, member => member.Oldest).Address);
            Assert.Single(members, member => member.Leader);
            Assert.All(members, member => Assert.False(member.Unreachable));
            Assert.Equal([0, 1], members.Select(member => member.Figures.Sessions));
            Assert.InRange(members.Sum(member => member.Figures.Processes.Entities), 1, 1);
            Assert.InRange(members.Sum(member => member.Figures.Objects.Shards), 1, 128);
        }
    }

    [Fact]
    public async Task Every_node_names_the_same_owner_of_an_object()
    {
        await using var process = await _first.ConnectAsync();
        var owners = new HashSet<string>();
        for (var i = 0; i < 8; i++)
        {
            var queue = await process.MessageQueues.CreateAsync();
            var request = new OwnerRequest { Object = new Target { Kind = Kind.MessageQueue, Id = queue.Id } };
            owners.Add(await AgreedOwnerAsync(request));
        }

        Assert.Equal([AddressOf(_first), AddressOf(_second)], owners.Order().ToHashSet());
        var none = new OwnerRequest { Object = new Target { Kind = Kind.SemaphoreSet, Id = 77 } };
        Assert.Equal((int)Errno.EINVAL, (await OwnerAsync(_first, none)).Errno);
        var segment = await process.SharedMemorySegments.CreateAsync(2 * Bounds.ExtentBytes);
        var extent = new OwnerRequest { Object = new Target { Kind = Kind.Extent, Id = ((long)segment.Id << 32) | 1 } };
        await AgreedOwnerAsync(extent);
        var awake = _first.Entities + _second.Entities;
        extent.Offset = 2 * Bounds.ExtentBytes; // one extent past the last
        var behind = await OwnerAsync(_first, extent);
        Assert.Equal(((int)Errno.EINVAL, "the segment has 524288 bytes"), (behind.Errno, behind.Reason));
        (extent.Offset, extent.Object.Id) = (0, extent.Object.Id + 1);
        Assert.Equal((int)Errno.EINVAL, (await OwnerAsync(_second, extent)).Errno);
        Assert.Equal(awake, _first.Entities + _second.Entities);
        extent.Object.Id += 1L << 40;
        Assert.Equal((int)Errno.EINVAL, (await OwnerAsync(_first, extent)).Errno);
        none.Namespace = "/nowhere";
        Assert.Equal((int)Errno.ENOENT, (await OwnerAsync(_first, none)).Errno);
    }

    [Fact]
    public void A_new_node_at_the_address_of_a_leaving_node_is_not_told_to_leave()
    {
        var second = Akka.Cluster.Cluster.Get(_second.System).SelfUniqueAddress;
        Assert.False(_first.Operations.LeaveAnyway(new UniqueAddress(second.Address, second.Uid + 1)));
    }

    [Fact]
    public async Task Orders_need_root_and_a_member()
    {
        var order = new NodeOrder { Address = AddressOf(_second), Credentials = Somebody };
        Assert.Equal((int)Errno.EPERM, _first.Operations.Leave(order).Errno);
        Assert.Equal((int)Errno.EPERM, _first.Operations.Down(order).Errno);
        var rebalance = new RebalanceOrder { Credentials = Somebody };
        Assert.Equal((int)Errno.EPERM, _first.Operations.Rebalance(rebalance).Errno);
        Assert.Equal((int)Errno.EPERM, _first.Operations.Rebalance(new RebalanceOrder()).Errno);
        order.Credentials = Root;
        await UntilAsync(_first, reply => reply.Members.Count == 2);
        Assert.Equal((int)Errno.EBUSY, _first.Operations.Down(order).Errno);
        order.Address = "127.0.0.1:1";
        Assert.Equal((int)Errno.ENOENT, _first.Operations.Leave(order).Errno);
        Assert.All((await MembersAsync(_first)).Members, member => Assert.NotEqual("leaving", member.Status));
    }

    [Fact]
    public async Task A_node_that_is_told_to_leave_is_removed()
    {
        await UntilAsync(_first, reply => reply.Members.Count == 2 && reply.Members.All(IsUp));
        var order = new NodeOrder { Address = AddressOf(_second), Credentials = Root };
        Assert.Equal(0, _first.Operations.Leave(order).Errno);
        await _second.System.WhenTerminated.WaitAsync(ClusterMember.Patience);
        await UntilAsync(_first, reply => reply.Members.Count == 1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_third_node_gets_an_equal_share(bool ordered)
    {
        await using var process = await _first.ConnectAsync();
        // Enough objects that nearly every shard has a home.
        for (var i = 0; i < 384; i++) await (await process.MessageQueues.CreateAsync()).StatAsync();
        var third = await ClusterMember.JoinAsync(_first);
        try
        {
            await UntilAsync(_first, reply => reply.Members.Count == 3 && reply.Members.All(IsUp));
            if (ordered) Assert.Equal(0, _second.Operations.Rebalance(new RebalanceOrder { Credentials = Root }).Errno);
            await UntilAsync(_first, reply =>
            {
                var shards = reply.Members.Select(member => member.Figures?.Objects?.Shards ?? 0).ToArray();
                return shards.Length == 3 && shards.Sum() > 100 && shards.Max() - shards.Min() <= 1;
            });
        }
        finally
        {
            await third.DisposeAsync();
        }
    }

    private static bool IsUp(MemberView member) => member.Status == "up";

    private static string AddressOf(ClusterMember member)
    {
        var address = Akka.Cluster.Cluster.Get(member.System).SelfAddress;
        return $"{address.Host}:{address.Port}";
    }

    private static Task<MembersReply> MembersAsync(ClusterMember member) =>
        member.Operations.MembersAsync(CancellationToken.None);

    private static Task<OwnerReply> OwnerAsync(ClusterMember member, OwnerRequest request) =>
        member.Operations.OwnerAsync(request, CancellationToken.None);

    // The object may move between two questions.
    private async Task<string> AgreedOwnerAsync(OwnerRequest request)
    {
        using var patience = new CancellationTokenSource(ClusterMember.Patience);
        while (true)
        {
            patience.Token.ThrowIfCancellationRequested();
            var (here, there) = (await OwnerAsync(_first, request), await OwnerAsync(_second, request));
            Assert.Equal((0, 0), (here.Errno, there.Errno));
            if (here.Address == there.Address) return here.Address;
        }
    }

    private static async Task UntilAsync(ClusterMember member, Func<MembersReply, bool> isSo)
    {
        using var patience = new CancellationTokenSource(ClusterMember.Patience);
        while (!isSo(await member.Operations.MembersAsync(patience.Token))) await Task.Delay(LookEvery, patience.Token);
    }
}
