using Cluster.Node.Record;
using Microsoft.Data.Sqlite;

namespace Cluster.Node.Tests.Record;

/// <summary>Which node may form a cluster over a journal, and what the record says of it.</summary>
public sealed class SqliteClusterRecordTests : IDisposable
{
    private const string Self = "127.0.0.1:1";

    private readonly string _directory = Directory.CreateTempSubdirectory("cluster-record-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_journal_without_a_cluster_has_no_record()
    {
        await using var record = Open();
        Assert.Null(await record.ReadAsync(default));
    }

    [Fact]
    public async Task Each_cluster_that_forms_takes_the_next_epoch_and_the_clock_of_the_last_one_goes_on()
    {
        await using (var first = Open())
        {
            Assert.Equal(1, (await first.TryFormAsync(5_000, Self, default))!.Epoch);
            await first.BeatAsync(new ClusterRow(1, 90_000, [Self, "127.0.0.1:2"]), default);
        }

        await using var second = Open();
        var row = await second.TryFormAsync(7_000, "127.0.0.1:3", default);
        Assert.Equal((2, 90_000), (row!.Epoch, row.ClockMs));
        Assert.Equal(["127.0.0.1:3"], row.Members);
    }

    [Fact]
    public async Task A_node_forms_no_cluster_while_a_member_of_another_one_lives()
    {
        var member = Open();
        await member.TryFormAsync(0, Self, default);
        Assert.True(await member.TryShareAsync(default));
        await using var other = Open();
        Assert.Null(await other.TryFormAsync(0, "127.0.0.1:2", default));
        Assert.Equal(1, (await other.ReadAsync(default))!.Epoch);

        await member.DisposeAsync();
        Assert.Equal(2, (await other.TryFormAsync(0, "127.0.0.1:2", default))!.Epoch);
    }

    [Fact]
    public async Task A_node_that_could_not_write_the_record_of_its_cluster_tries_again()
    {
        await using var record = Open();
        await record.ReadAsync(default);
        Execute("ALTER TABLE cluster_record RENAME TO away");
        await Assert.ThrowsAsync<SqliteException>(() => record.TryFormAsync(0, Self, default));
        Execute("ALTER TABLE away RENAME TO cluster_record");
        Assert.Equal(1, (await record.TryFormAsync(0, Self, default))!.Epoch);
    }

    [Fact]
    public async Task Members_share_the_lock_and_a_node_that_forms_a_cluster_has_it_alone()
    {
        await using var one = Open();
        await using var other = Open();
        await one.TryFormAsync(0, Self, default);
        Assert.False(await other.TryShareAsync(default));
        Assert.True(await one.TryShareAsync(default));
        Assert.True(await other.TryShareAsync(default));
        Assert.True(await one.TryShareAsync(default));
    }

    [Fact]
    public async Task A_member_locks_a_new_file_when_the_file_of_the_lock_was_removed()
    {
        await using var member = Open();
        await member.TryFormAsync(0, Self, default);
        Assert.True(await member.TryShareAsync(default));
        File.Delete(Path.Combine(_directory, "journal.db-cluster"));
        Assert.True(await member.TryShareAsync(default));
        await using var other = Open();
        Assert.Null(await other.TryFormAsync(0, "127.0.0.1:2", default));
    }

    [Fact]
    public async Task The_record_of_an_older_cluster_stays_and_that_of_a_younger_one_is_replaced()
    {
        await using var record = Open();
        await record.TryFormAsync(0, Self, default);
        await record.BeatAsync(new ClusterRow(2, 10, ["younger"]), default);
        Assert.Equal((1, 0), await EpochAndClockAsync(record));

        await using (var next = Open())
        {
            await record.DisposeAsync();
            await next.TryFormAsync(0, "younger", default);
            await next.BeatAsync(new ClusterRow(1, 20, ["older"]), default);
            Assert.Equal((1, 20), await EpochAndClockAsync(next));
        }

        await using var last = Open();
        Assert.Equal(3, (await last.TryFormAsync(0, Self, default))!.Epoch);
    }

    [Fact]
    public async Task A_cluster_that_formed_without_a_record_makes_one_and_leaves_an_existing_one()
    {
        await using var record = Open();
        await record.AdoptAsync(new ClusterRow(1, 60, [Self]), default);
        Assert.Equal((1, 60), await EpochAndClockAsync(record));
        await record.AdoptAsync(new ClusterRow(9, 90, ["other"]), default);
        Assert.Equal((1, 60), await EpochAndClockAsync(record));
    }

    [Fact]
    public async Task The_clock_of_the_record_never_goes_back()
    {
        await using var record = Open();
        await record.TryFormAsync(50, Self, default);
        await record.BeatAsync(new ClusterRow(1, 40, [Self]), default);
        Assert.Equal((1, 50), await EpochAndClockAsync(record));
    }

    private static async Task<(long Epoch, long ClockMs)> EpochAndClockAsync(IClusterRecord record)
    {
        var row = (await record.ReadAsync(default))!;
        return (row.Epoch, row.ClockMs);
    }

    private void Execute(string statement)
    {
        var path = Path.Combine(_directory, "journal.db");
        using var connection = new SqliteConnection($"Data Source={path};Pooling=false");
        connection.Open();
        using var command = new SqliteCommand(statement, connection);
        command.ExecuteNonQuery();
    }

    private SqliteClusterRecord Open() => new(Path.Combine(_directory, "journal.db"));
}
