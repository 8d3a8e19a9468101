using Akka.Actor;
using Cluster.Actors.Entities;
using Cluster.Actors.Routing;
using Cluster.Core.Namespaces;
using Cluster.Protocol;

namespace Cluster.Actors.Tests.Client;

/// <summary>A namespace's entity keeps the addresses of the holders of its limits in memory only.</summary>
public sealed class LostSubscriptionTests(ClusterMember member) : IClassFixture<ClusterMember>
{
    [Fact]
    public async Task A_limit_reaches_sessions_that_were_open_before_the_namespace_left_memory()
    {
        await using var client = await member.ConnectAsync();
        var before = (await client.Namespace.GetLimitsAsync()).Shmmni;

        var key = new EntityKey { Kind = Kind.Namespace, Namespace = Namespace.Root };
        var name = Uri.EscapeDataString(EntityIds.Format(key));
        var path = $"/system/sharding/objects/{Regions.ShardOf(key)}/{name}";
        using var patience = new CancellationTokenSource(ClusterMember.Patience);
        var entity = await member.System.ActorSelection(path).ResolveOne(ClusterMember.Patience, patience.Token);
        var stopped = entity.WatchAsync(patience.Token);
        entity.Tell(StopEntity.Instance);
        Assert.True(await stopped);

        await using var root = await member.ConnectAsync();
        await root.Namespace.SetLimitAsync("shmmni", before + 1);
        Assert.Equal(before + 1, (await client.Namespace.GetLimitsAsync(patience.Token)).Shmmni);
        await root.Namespace.InheritLimitAsync("shmmni");
    }
}
