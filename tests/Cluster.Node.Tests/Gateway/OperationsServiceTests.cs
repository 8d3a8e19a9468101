using Akka.Actor;
using Cluster.Actors;
using Cluster.Actors.Operations;
using Cluster.Node.Gateway;
using Cluster.Protocol;
using Grpc.Core;

namespace Cluster.Node.Tests.Gateway;

/// <summary>An operator's request to an ending node gets that reason, and gRPC logs no error.</summary>
public sealed class OperationsServiceTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ActorSystem _system = ActorSystem.Create("ipc", """
        akka { loglevel = OFF, stdout-loglevel = OFF, actor.provider = cluster }
        akka.remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
        """);

    private ClusterOperations _operations = null!;

    public async Task InitializeAsync()
    {
        var cluster = Akka.Cluster.Cluster.Get(_system);
        await cluster.JoinAsync(cluster.SelfAddress).WaitAsync(Patience);
        _operations = ClusterOperations.Start(_system, new OperationsOptions
        {
            // A node without regions has no figures, so a caller waits for them.
            Regions = null!, Gateway = "", Stats = new NodeStats(), AnswerWithin = Patience * 2,
        });
    }

    public Task DisposeAsync() => _system.Terminate();

    [Fact]
    public async Task An_ending_node_sends_its_callers_to_another_node()
    {
        var underWay = MembersAsync();
        await _system.Terminate();
        await IsUnavailableAsync(underWay);
        await IsUnavailableAsync(MembersAsync());
    }

    [Fact]
    public async Task Other_failures_are_not_hidden() => await Assert.ThrowsAsync<InvalidOperationException>(
        () => OperationsService.AnswerAsync<OrderReply>(_operations, _ => throw new InvalidOperationException()));

    private Task<MembersReply> MembersAsync() => OperationsService.AnswerAsync(
        _operations, operations => operations.MembersAsync(CancellationToken.None));

    private static async Task IsUnavailableAsync(Task answer)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => answer.WaitAsync(Patience));
        Assert.Equal(StatusCode.Unavailable, refused.StatusCode);
    }
}
