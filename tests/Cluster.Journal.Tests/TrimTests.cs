using Akka.Persistence.Sql;
using Cluster.Actors.Journal;
using Cluster.Actors.Journal.Log;
using Cluster.Actors.Journal.Rows;
using Cluster.Actors.Journal.Sqlite;

namespace Cluster.Journal.Tests;

/// <summary>The removal of segments that a snapshot has replaced.</summary>
public sealed class TrimTests
{
    [Fact]
    public void A_segment_that_goes_further_stays()
    {
        using var journal = new TestJournal();
        journal.Start().Stop();
        var settings = GroupCommitSettings.From(GroupCommitJournalConfig.Sqlite(journal.File)
            .GetConfig(GroupCommitJournalConfig.PluginId).WithFallback(SqlPersistence.DefaultJournalConfiguration));
        using var log = new SqliteLog(settings);
        var salt = log.Open(null, null);
        var fence = log.ReadFence().Version;
        var segment = LogSegment.Make("1/1/0", 3, 7, null, salt, [new byte[] { 1 }]);
        Assert.Equal(LogOutcome.Stored, log.Store(new LogTransaction { Fence = fence, Segments = { segment } }));

        Assert.Equal(LogOutcome.Stored, log.Store(new LogTransaction { Fence = fence, Trims = { ("1/1/0", 7) } }));
        Assert.Equal(7, log.LastOf(["1/1/0"])["1/1/0"]);
        Assert.Equal(LogOutcome.Stored, log.Store(new LogTransaction { Fence = fence, Trims = { ("1/1/0", 8) } }));
        Assert.Equal(0, log.LastOf(["1/1/0"])["1/1/0"]);
    }
}
