using Akka.Actor;
using Akka.Persistence;
using Akka.Persistence.TestKit;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Cluster.Actors.Entities;
using Cluster.Actors.Journal.Rows;
using Cluster.Actors.Time;
using Cluster.Protocol;

namespace Cluster.Actors.Tests.Entities;

/// <summary>
/// A message queue's shell on a journal that waits and fails on demand; time passes when a test says so.
/// </summary>
public abstract class EntitySpec : TestKit, IAsyncLifetime
{
    /// <summary>The part of the node's configuration that entities need.</summary>
    internal const string Mailbox =
        "cluster-compact-mailbox.mailbox-type = \"Cluster.Actors.Dispatch.CompactMailbox, Cluster.Actors\"\n";

    private const string Settings = Mailbox + """
        akka.loglevel = OFF
        akka.stdout-loglevel = OFF
        akka.scheduler.implementation = "Akka.TestKit.TestScheduler, Akka.TestKit"
        # Long enough for a busy machine; no test waits for it to pass.
        akka.test.default-timeout = 120s
        akka.test.single-expect-default = 120s
        akka.persistence.journal {
          plugin = "akka.persistence.journal.test"
          test {
            class = "Akka.Persistence.TestKit.TestJournal, Akka.Persistence.TestKit"
            plugin-dispatcher = "akka.actor.default-dispatcher"
            circuit-breaker { max-failures = 1000, call-timeout = 10m, reset-timeout = 1s }
          }
        }

        akka.persistence.snapshot-store.plugin = "akka.persistence.no-snapshot-store"
        """;

    private readonly TestProbe _rows;

    protected EntitySpec()
        : base(Settings)
    {
        _rows = CreateTestProbe();
        Journal = TestJournal.FromRef(Persistence.Instance.Apply(Sys).JournalFor(null));
        Gate = new WriteGate(_rows);
    }

    /// <summary>Decides the outcome of a write.</summary>
    protected ITestJournal Journal { get; }

    /// <summary>The journal's usual behaviour: rows are watched, and may be held.</summary>
    internal WriteGate Gate { get; }

    /// <summary>Lets time pass.</summary>
    protected TestScheduler Clock => (TestScheduler)Sys.Scheduler;

    /// <summary>The defaults of a node, on the clock of the test.</summary>
    protected EntityOptions Options => EntityHost.Options() with
    {
        Clock = new ClusterClock(() => Clock.Now.ToUnixTimeMilliseconds()),
    };

    public Task InitializeAsync() => WatchRowsAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    /// <summary>Back to the journal's usual behaviour.</summary>
    protected Task WatchRowsAsync() => Journal.OnWrite.SetInterceptorAsync(Gate);

    /// <summary>The facts of the next row that comes to be written.</summary>
    protected async Task<IReadOnlyList<Event>> RowAsync()
    {
        var row = await _rows.ExpectMsgAsync<JournalRecord>();
        Assert.False(row.IsSnapshot);
        return Cluster.Protocol.Record.Parser.ParseFrom(row.Payload.Span).Events;
    }

    /// <summary>The kinds of the facts of the next row that comes to be written.</summary>
    protected async Task<IEnumerable<Event.FactOneofCase>> RowKindsAsync() =>
        (await RowAsync()).Select(fact => fact.FactCase);

    /// <summary>The number of parts of the next snapshot.</summary>
    protected async Task PartsAsync(int count)
    {
        for (var part = 0; part < count; part++) Assert.True((await _rows.ExpectMsgAsync<JournalRecord>()).IsSnapshot);
    }

    /// <summary>No row has come to be written that the test has not asked for.</summary>
    protected Task NoRowAsync() => _rows.ExpectNoMsgAsync(TimeSpan.Zero).AsTask();

}
