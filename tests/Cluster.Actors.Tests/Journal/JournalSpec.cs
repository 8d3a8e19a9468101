using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence.Sql;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Cluster.Actors.Journal;

namespace Cluster.Actors.Tests.Journal;

/// <summary>The common part of the tests of both databases: systems on one journal, and queries on its table.</summary>
public abstract class JournalSpec : IAsyncLifetime
{
    /// <summary>Long enough for a busy machine; no test waits for it to pass.</summary>
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Between two looks at the tables.</summary>
    protected static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private readonly List<TestKit> _kits = [];

    /// <summary>The journal under test.</summary>
    protected abstract Config JournalConfig { get; }

    /// <summary>A node: an actor system of its own on the journal under test.</summary>
    protected TestKit StartNode(string? overrides = null) => StartNode(JournalConfig, overrides);

    /// <summary>Starts writers on a node, named with the prefix and a number from 0.</summary>
    protected static IActorRef[] StartWriters(TestKit node, string prefix, int count) => Enumerable.Range(0, count)
        .Select(i => node.Sys.ActorOf(Writer.Props($"{prefix}-{i}", node.TestActor)))
        .ToArray();

    protected static async Task StopNodeAsync(TestKit node) => await node.Sys.Terminate();

    internal static async Task<Writer.History> HistoryAsync(IActorRef writer) =>
        await AskAsync<Writer.History>(writer, new Writer.GetHistory());

    internal static async Task<Writer.Stored> StoreAsync(IActorRef writer, object message) =>
        await AskAsync<Writer.Stored>(writer, message);

    /// <summary>The history of a persistence id as a new actor of the node recovers it.</summary>
    internal static async Task<Writer.History> RecoverAsync(TestKit node, string persistenceId) =>
        await HistoryAsync(node.Sys.ActorOf(Writer.Props(persistenceId, node.TestActor)));

    /// <summary>Hears what the node publishes of a type.</summary>
    protected static TestProbe ProbeOf<T>(TestKit node)
    {
        var probe = node.CreateTestProbe();
        node.Sys.EventStream.Subscribe(probe, typeof(T));
        return probe;
    }

    /// <summary>
    /// Starts new actors until one has recovered and stored. Each failure must be a failure of the database. The
    /// time-out of the test bounds the number of attempts.
    /// </summary>
    protected static async Task<IActorRef> StoreUntilItSucceedsAsync(TestKit node, string persistenceId, string text)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var probe = node.CreateTestProbe();
            var writer = node.Sys.ActorOf(Writer.Props(persistenceId, probe));
            writer.Tell(text, probe);
            if (await probe.ReceiveOneAsync(Patience, patience.Token) is Writer.Stored) return writer;
            patience.Token.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Waits until the node has logged one more failed attempt to create its tables.</summary>
    protected static async Task InitializationFailsAsync(TestKit node)
    {
        var probe = ProbeOf<Akka.Event.Error>(node);
        await probe.FishForMessageAsync<Akka.Event.Error>(
            error => error.Message.ToString()!.Contains("initialization", StringComparison.Ordinal), Patience);
    }

    public virtual Task InitializeAsync() => Task.CompletedTask;

    public virtual async Task DisposeAsync()
    {
        foreach (var kit in _kits) await kit.Sys.Terminate();
    }

    // A stopped writer no longer answers: the test fails at once with the reason.
    private static async Task<T> AskAsync<T>(IActorRef writer, object message)
    {
        var answer = writer.Ask<T>(message, Patience);
        var failure = Writer.FailureOf(writer);
        if (await Task.WhenAny(answer, failure) != failure) return await answer;
        throw new InvalidOperationException($"the writer {writer.Path.Name} stopped", await failure);
    }

    private TestKit StartNode(Config journal, string? overrides)
    {
        var config = ConfigurationFactory.ParseString(overrides ?? string.Empty)
            .WithFallback(ConfigurationFactory.ParseString("""
                akka.loglevel = WARNING
                akka.test.default-timeout = 60s
                akka.test.single-expect-default = 60s
                akka.persistence.snapshot-store.plugin = ""
                """))
            .WithFallback(journal)
            .WithFallback(SqlPersistence.DefaultConfiguration);
        var kit = new TestKit(config);
        _kits.Add(kit);
        return kit;
    }
}
