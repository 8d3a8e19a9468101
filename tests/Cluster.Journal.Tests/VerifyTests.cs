using Cluster.Journal.Inspection;

namespace Cluster.Journal.Tests;

/// <summary>A verification finds what is wrong with a journal, and nothing in a journal that nodes have left.</summary>
public sealed class VerifyTests : IDisposable
{
    private const long First = (1L << LogCommit.NumberBits) + 1; // of the first writer

    private readonly TestJournal _journal = new();
    private readonly TestJournal _other = new();

    public void Dispose()
    {
        _journal.Dispose();
        _other.Dispose();
    }

    [Fact]
    public void A_new_journal_is_sound()
    {
        var report = _journal.Start().Verify();
        Assert.Empty(report.Faults);
        Assert.Equal((1, 0L, 0L, 0L), (report.Writers, report.Commits, report.Segments, report.Entities));
    }

    [Fact]
    public void A_log_is_sound_and_counted()
    {
        Fill();
        var report = _journal.Verify();
        Assert.Empty(report.Faults);
        Assert.Equal((1, 5L, 0L, 0L), (report.Writers, report.Commits, report.Leftovers, report.Segments));
        Assert.Equal((2L, 5L), (report.Entities, report.Records));
    }

    [Fact]
    public void A_compacted_journal_is_sound()
    {
        Fill();
        var report = _journal.Compact().Verify();
        Assert.Empty(report.Faults);
        Assert.Equal((1L, 1L, 2L), (report.Commits, report.Leftovers, report.Segments));
        Assert.Equal((2L, 5L), (report.Entities, report.Records));
    }

    [Fact]
    public void Snapshots_ends_and_what_is_in_both_places_are_sound()
    {
        Fill();
        _journal.Compact().Snapshot("1/1/0", 4, "p", "q").Records("1/1/0", 6, "r").End("1/1/1", 2);
        var report = _journal.Verify();
        Assert.Empty(report.Faults);
        Assert.Equal((2L, 3L), (report.Entities, report.Records));
        Assert.Empty(_journal.Compact().Verify().Faults);
    }

    [Fact]
    public void The_log_of_a_node_that_has_crashed_is_sound()
    {
        Fill();
        _journal.Start("other").Records("1/1/2", 1, "a");
        Assert.Empty(_journal.Verify().Faults);
        _journal.Start("node").Records("1/1/3", 1, "a");
        Assert.Empty(_journal.Verify().Faults);
        Assert.Empty(_journal.Compact().Verify().Faults);
    }

    [Fact]
    public void A_large_snapshot_that_goes_to_a_segment_at_once_is_sound()
    {
        _journal.Start().Records("1/1/0", 1, "a").Snapshot("1/1/0", 2, new string('x', 100_000));
        var report = _journal.Verify();
        Assert.Empty(report.Faults);
        Assert.Equal((1L, 1L), (report.Segments, report.Records));
    }

    [Fact]
    public void A_missing_row_of_the_log_is_found_with_the_entity_that_it_breaks()
    {
        Fill();
        _journal.Sql($"DELETE FROM journal_log WHERE n = {First + 2}");
        Assert.Equal(
            [
                $"journal_log n={First + 2}: commit 3 of writer 1 is missing. {JournalFault.Restore}",
                "entity 1/1/0: record 2 of 1/1/0 is missing. 1/1/0 cannot be read, and the other entities can: restore the "
                + "newest backup, or give 1/1/0 up (docs/journal.md, Repair)",
            ],
            Lines());
    }

    [Fact]
    public void Several_missing_rows_are_one_fault()
    {
        Fill();
        _journal.Sql($"DELETE FROM journal_log WHERE n IN ({First + 1}, {First + 2}, {First + 3})");
        Assert.Equal("commit 2 of writer 1 is missing, and all up to commit 4", Faults()[0].What);
    }

    [Fact]
    public void A_missing_first_row_is_found()
    {
        Fill();
        _journal.Sql($"DELETE FROM journal_log WHERE n = {First}");
        Assert.Equal("commit 1 of writer 1 is missing", Faults()[0].What);
    }

    [Fact]
    public void A_missing_row_after_the_head_is_found()
    {
        Fill();
        _journal.Compact().Records("1/1/0", 4, "d").Records("1/1/0", 5, "e");
        _journal.Sql($"DELETE FROM journal_log WHERE n = {First + 5}");
        Assert.Equal(
            ["commit 6 of writer 1 is missing", "record 4 of 1/1/0 is missing"], Faults().Select(fault => fault.What));
    }

    [Fact]
    public void A_missing_newest_row_is_found_where_the_log_is_compacted()
    {
        Fill();
        _journal.Compact().Sql("DELETE FROM journal_log");
        Assert.Equal("the newest commit of writer 1 is missing", Assert.Single(Faults()).What);
    }

    [Fact]
    public void A_changed_byte_in_the_log_is_found_once()
    {
        Fill();
        Flip("journal_log", $"n = {First + 1}", at: 40);
        var fault = Faults()[0];
        Assert.Equal(($"journal_log n={First + 1}", "commit 2 of writer 1 has another checksum than its bytes"),
            (fault.Row, fault.What));
        Assert.DoesNotContain(Faults(), each => each.What.Contains("follows", StringComparison.Ordinal));
    }

    [Fact]
    public void A_changed_byte_in_a_leftover_is_found()
    {
        Fill();
        Flip("journal_log", "1", at: 40, _journal.Compact());
        Assert.Equal("commit 5 of writer 1 has another checksum than its bytes", Assert.Single(Faults()).What);
    }

    [Fact]
    public void A_row_of_the_log_of_another_journal_is_found()
    {
        Fill();
        _other.Start().Records("1/1/9", 1, "x").Records("1/1/9", 2, "x");
        _journal.Sql($"""
            ATTACH '{_other.File}' AS other;
            UPDATE journal_log SET body = (SELECT body FROM other.journal_log WHERE n = {First + 1}) WHERE n = {First + 1}
            """);
        Assert.Equal("commit 2 of writer 1 belongs to another journal", Faults()[0].What);
    }

    [Fact]
    public void A_row_that_was_copied_to_another_number_is_found()
    {
        Fill();
        _journal.Sql($"INSERT INTO journal_log SELECT {First + 5}, body FROM journal_log WHERE n = {First + 4}");
        Assert.Equal("commit 6 of writer 1 was written under another number", Assert.Single(Faults()).What);
    }

    [Fact]
    public void Another_commit_with_a_good_checksum_is_found_by_the_next_one()
    {
        Fill();
        var bytes = new LogBytes();
        LogCommit.Begin(bytes);
        var body = LogCommit.End(bytes, Salt(), First + 1, previous: 0).Body.ToArray();
        _journal.Sql($"UPDATE journal_log SET body = x'{Convert.ToHexString(body)}' WHERE n = {First + 1}");
        Assert.Equal(
            [
                "commit 2 of writer 1 follows another commit than the one before it",
                "commit 3 of writer 1 follows another commit than the one before it",
            ],
            Faults().Select(fault => fault.What).Take(2));
    }

    [Fact]
    public void A_log_without_its_writer_is_found()
    {
        Fill();
        _journal.Sql("DELETE FROM journal_writer");
        var fault = Assert.Single(Faults());
        Assert.Contains("journal_writer has no such writer", fault.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_head_that_names_another_commit_is_found()
    {
        Fill();
        _journal.Compact().Sql("UPDATE journal_writer SET sum = sum + 1");
        Assert.Contains("is another one than the head", Assert.Single(Faults()).What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_segment_is_found()
    {
        Fill();
        _journal.Compact().Records("1/1/0", 4, "d");
        _journal.Sql("DELETE FROM journal_segment WHERE id = '1/1/0'");
        var fault = Assert.Single(Faults());
        Assert.Equal(("entity 1/1/0", "record 1 of 1/1/0 is missing"), (fault.Row, fault.What));
        Assert.StartsWith("1/1/0 cannot be read, and the other entities can", fault.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_byte_in_a_segment_is_found_once()
    {
        Fill();
        Flip("journal_segment", "id = '1/1/0'", at: 12, _journal.Compact());
        var fault = Assert.Single(Faults());
        Assert.Equal(
            ("journal_segment id='1/1/0' first=1", "the segment 1 to 3 of 1/1/0 has another checksum than its bytes"),
            (fault.Row, fault.What));
    }

    [Theory]
    [InlineData("UPDATE journal_segment SET last = 4 WHERE id = '1/1/0'")]
    [InlineData("UPDATE journal_segment SET first = 2 WHERE id = '1/1/0'")]
    [InlineData("UPDATE journal_segment SET id = '1/1/7' WHERE id = '1/1/0'")]
    [InlineData("UPDATE journal_segment SET body = x'' WHERE id = '1/1/0'")]
    [InlineData("UPDATE journal_segment SET body = 5 WHERE id = '1/1/0'")]
    [InlineData("UPDATE journal_segment SET body = substr(body, 1, length(body) - 1) WHERE id = '1/1/0'")]
    [InlineData("UPDATE journal_segment SET ended = 5 WHERE id = '1/1/0'")]
    public void A_changed_segment_is_found(string sql)
    {
        Fill();
        _journal.Compact().Sql(sql);
        Assert.StartsWith("the segment ", Assert.Single(Faults()).What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_segment_whose_numbers_are_not_those_of_its_entries_is_found()
    {
        Fill();
        var bytes = new LogBytes();
        new LogEntry(LogEntryKind.Record, 8, default).AddTo(bytes);
        var segment = LogSegment.Make("1/1/5", 7, 7, null, Salt(), [bytes.ToArray()]);
        _journal.Sql($"INSERT INTO journal_segment VALUES ('1/1/5', 7, 7, NULL, x'{Convert.ToHexString(segment.Body)}')");
        Assert.Equal(
            "the segment 7 to 7 of 1/1/5 cannot be understood: its entry 1 has the number 8", Assert.Single(Faults()).What);
    }

    [Fact]
    public void A_journal_of_a_version_before_is_told_as_such()
    {
        _journal.Sql("CREATE TABLE journal (persistence_id TEXT, sequence_number INTEGER)");
        Assert.Contains("of a version before", Unreadable(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_database_without_a_journal_is_told_as_such()
    {
        _journal.Sql("CREATE TABLE other (n INTEGER)");
        Assert.Contains("there is no journal in this database", Unreadable(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_later_format_is_told_as_such()
    {
        _journal.Start().Sql("UPDATE journal_state SET format = 99");
        Assert.Contains("the journal has format 99", Unreadable(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_or_no_database_is_told_as_such()
    {
        Assert.Contains("there is no such file", Unreadable(), StringComparison.Ordinal);
        Assert.False(File.Exists(_journal.File));
        File.WriteAllText(_journal.File, new string('x', 5_000));
        Assert.Contains("not a database", Unreadable(), StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_pages_are_found()
    {
        Fill();
        _journal.Compact();
        var copy = _journal.Beside("copy.db");
        JournalBackup.Make(_journal.Place, copy);
        var bytes = File.ReadAllBytes(copy);
        // The last page has an interior or a leaf of one of the tables.
        Array.Fill(bytes, (byte)0x5a, bytes.Length - 4_096, 4_096);
        File.WriteAllBytes(copy, bytes);
        using var snapshot = JournalSnapshot.Open(JournalPlace.OfFile(copy));
        Assert.Contains(
            JournalReport.Of(snapshot, CancellationToken.None).Faults, fault => fault.Row == "the file");
    }

    [Fact]
    public void A_verification_beside_a_node_leaves_the_journal_as_it_is()
    {
        Fill();
        Assert.Empty(_journal.Verify().Faults);
        _journal.Records("1/1/0", 4, "d");
        Assert.Equal(6, _journal.Verify().Commits);
    }

    [Fact]
    public void A_verification_of_a_journal_at_rest_leaves_no_files_and_the_same_bytes()
    {
        Fill();
        _journal.Stop();
        var before = File.ReadAllBytes(_journal.File);
        Assert.Empty(_journal.Verify().Faults);
        Assert.Equal([_journal.File], Directory.GetFiles(Path.GetDirectoryName(_journal.File)!));
        Assert.Equal(before, File.ReadAllBytes(_journal.File));
    }

    [Fact]
    public void A_journal_whose_node_was_killed_is_read_with_its_WAL()
    {
        Fill();
        foreach (var suffix in (string[])["", "-wal"]) File.Copy(_journal.File + suffix, _other.File + suffix);
        Assert.Equal(5, _other.Verify().Commits);
        Assert.Equal(File.ReadAllBytes(_journal.File + "-wal"), File.ReadAllBytes(_other.File + "-wal"));
    }

    // Two entities: three records and two, one a commit.
    private void Fill() => _journal.Start()
        .Records("1/1/0", 1, "a").Records("1/1/1", 1, "x").Records("1/1/0", 2, "b").Records("1/1/1", 2, "y")
        .Records("1/1/0", 3, "c");

    private IReadOnlyList<JournalFault> Faults() => _journal.Verify().Faults;

    private IEnumerable<string> Lines() => Faults().Select(fault => fault.ToString());

    private string Unreadable() => Assert.Throws<JournalUnreadableException>(_journal.Verify).Message;

    private uint Salt()
    {
        using var snapshot = JournalSnapshot.Open(_journal.Place);
        return snapshot.ReadSalt();
    }

    // Changes a bit of the body of a row. The place is from 1.
    private void Flip(string table, string where, int at, TestJournal? journal = null) => (journal ?? _journal).Sql($"""
        UPDATE {table} SET body = CAST(substr(body, 1, {at - 1})
            || CASE substr(body, {at}, 1) WHEN x'41' THEN x'42' ELSE x'41' END || substr(body, {at} + 1) AS BLOB)
        WHERE {where}
        """);
}
