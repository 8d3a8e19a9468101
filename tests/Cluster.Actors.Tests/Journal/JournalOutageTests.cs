using System.Collections.Concurrent;
using System.Diagnostics;
using Akka.Actor;
using Akka.Persistence;
using Cluster.Actors.Journal;
using Cluster.Actors.Journal.Outage;
using Cluster.Actors.Journal.Read;
using Cluster.Actors.Journal.Rows;

namespace Cluster.Actors.Tests.Journal;

/// <summary>The begin and the end of an outage are reported once, by writer or reader.</summary>
public sealed class JournalOutageTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly IOException Gone = new("gone");

    private readonly BlockingCollection<object> _told = [];
    private readonly JournalOutage _outage;

    public JournalOutageTests() => _outage = new JournalOutage(_told.Add);

    [Fact]
    public void Failures_of_writer_and_readers_are_one_outage()
    {
        _outage.WriterFailed(Gone);
        _outage.ReaderFailed(Gone, Stopwatch.GetTimestamp());
        _outage.ReaderWorks();
        Assert.IsType<JournalLost>(Assert.Single(_told));
        _outage.WriterWorks();
        Assert.Equal([typeof(JournalLost), typeof(JournalBack)], _told.Select(told => told.GetType()));
    }

    [Fact]
    public void A_query_that_began_before_the_end_of_an_outage_is_no_new_outage()
    {
        var duringOutage = Stopwatch.GetTimestamp();
        _outage.WriterFailed(Gone);
        _outage.WriterWorks();
        _outage.ReaderFailed(Gone, duringOutage);
        Assert.Equal(2, _told.Count);
        _outage.ReaderFailed(Gone, Stopwatch.GetTimestamp());
        Assert.Equal(3, _told.Count);
    }

    [Fact]
    public void An_idle_reader_detects_that_the_database_answers_again()
    {
        var isAway = true;
        var config = GroupCommitJournalConfig.Sqlite("unused").GetConfig(GroupCommitJournalConfig.PluginId)
            .WithFallback(Akka.Persistence.Sql.SqlPersistence.DefaultJournalConfiguration);
        var reader = new RecoveryReader(
            GroupCommitSettings.From(config),
            () => Volatile.Read(ref isAway) ? throw Gone : new Answering(),
            _outage.ReaderFailed,
            _outage.ReaderWorks);
        reader.Add(new RecoveryRequest(
            new ReplayMessages(1, long.MaxValue, long.MaxValue, "a", ActorRefs.Nobody), null!, item => [item]));
        Assert.True(_told.TryTake(out var lost, Patience));
        Assert.IsType<JournalLost>(lost);
        Volatile.Write(ref isAway, false);
        Assert.True(_told.TryTake(out var back, Patience));
        Assert.IsType<JournalBack>(back);
        reader.Stop(Patience);
    }

    private sealed class Answering : IReadConnection
    {
        public void Read(List<RecoveryRequest> batch) => batch.ForEach(request => request.Complete());

        public void Dispose()
        {
        }
    }
}
