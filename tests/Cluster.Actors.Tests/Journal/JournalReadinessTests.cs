using Akka.Persistence;
using Akka.Persistence.TestKit;
using Akka.TestKit.Xunit2;
using Cluster.Actors.Journal;

namespace Cluster.Actors.Tests.Journal;

/// <summary>The parts that must answer before a node joins.</summary>
public sealed class JournalReadinessTests() : TestKit(Settings)
{
    private const string Store = "akka.persistence.snapshot-store.test";

    private const string Settings = """
        akka.loglevel = OFF
        akka.stdout-loglevel = OFF
        akka.persistence.journal.plugin = "akka.persistence.journal.inmem"
        akka.persistence.snapshot-store.plugin = "akka.persistence.no-snapshot-store"
        akka.persistence.snapshot-store.test {
          class = "Akka.Persistence.TestKit.TestSnapshotStore, Akka.Persistence.TestKit"
          plugin-dispatcher = "akka.actor.default-dispatcher"
        }

        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task A_named_snapshot_store_is_asked()
    {
        var store = TestSnapshotStore.FromRef(Persistence.Instance.Apply(Sys).SnapshotStoreFor(Store));
        await JournalReadiness.AskAsync(Sys, Store).WaitAsync(Patience);
        await store.OnLoad.Fail();
        await Assert.ThrowsAsync<TestSnapshotStoreFailureException>(
            () => JournalReadiness.AskAsync(Sys, Store).WaitAsync(Patience));
        await JournalReadiness.AskAsync(Sys).WaitAsync(Patience);
    }
}
