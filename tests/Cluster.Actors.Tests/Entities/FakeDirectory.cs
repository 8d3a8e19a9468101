using Akka.Actor;
using Cluster.Protocol;

namespace Cluster.Actors.Tests.Entities;

/// <summary>Stands for all entities but the one under test: a directory in which every queue is listed.</summary>
internal sealed class FakeDirectory : UntypedActor
{
    /// <summary>How to make one.</summary>
    public static Props Props() => Akka.Actor.Props.Create(() => new FakeDirectory());

    protected override void OnReceive(object message)
    {
        if (message is not Request { Claim: { } claim } request) return;
        var entry = new DirectoryEntry
        {
            Id = claim.Id, Permissions = new Permissions { Mode = 0x180 }, InitialSize = 16_384, TimeMs = 1,
        };
        Sender.Tell(new Reply { Id = request.Id, From = request.To, Claimed = new Claimed { Entry = entry } });
    }
}
