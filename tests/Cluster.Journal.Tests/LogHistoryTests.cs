namespace Cluster.Journal.Tests;

public sealed class LogHistoryTests
{
    /// <summary>
    /// The entries as they come, r a record, S and s the pieces of a snapshot, e an end; what is left; the last number.
    /// </summary>
    [Theory]
    [InlineData("", "", 0)]
    [InlineData("r1 r2 r3", "r1 r2 r3", 3)]
    [InlineData("r3 r1 r2", "r1 r2 r3", 3)]
    [InlineData("r1 r1 r2 r2", "r1 r2", 2)]
    [InlineData("r1 r2 r3 r2 r3 r4", "r1 r2 r3 r4", 4)]
    [InlineData("r1 r2 S3 s4 s5 r6", "S3 s4 s5 r6", 6)]
    [InlineData("S3 s4 r5", "S3 s4 r5", 5)]
    [InlineData("r5 S3 s4 S3 s4 r1", "S3 s4 r5", 5)]
    [InlineData("S3 r4 S5 s6 r7", "S5 s6 r7", 7)]
    [InlineData("r1 r4 S5", "S5", 5)]
    [InlineData("r1 r2 e3", "", 3)]
    [InlineData("e3", "", 3)]
    [InlineData("e3 r4 r5", "r4 r5", 5)]
    [InlineData("r5 r1 e3 r4", "r4 r5", 5)]
    [InlineData("S2 e3 r4 S5", "S5", 5)]
    public void What_a_recovery_reads_is_in_order_and_each_once(string entries, string left, long last)
    {
        var list = Parse(entries);
        Assert.Equal(last, LogHistory.Assemble("q", list));
        Assert.Equal(left, string.Join(' ', list.Select(entry => $"{(char)entry.Kind}{entry.SequenceNr}")));
    }

    [Theory]
    [InlineData("r2", 1)]
    [InlineData("r1 r3", 2)]
    [InlineData("r4 r1 r2", 3)]
    [InlineData("r1 S3 r5", 4)]
    [InlineData("S3 s5", 4)]
    [InlineData("e3 r5", 4)]
    public void A_missing_entry_is_found(string entries, long missing)
    {
        var damaged = Assert.Throws<JournalDamagedException>(() => LogHistory.Assemble("q", Parse(entries)));
        Assert.Equal($"record {missing} of q is missing", damaged.Message);
    }

    [Fact]
    public void Entries_of_a_part_follow_each_other()
    {
        var bytes = new LogBytes();
        new LogEntry(LogEntryKind.Record, 1, default).AddTo(bytes);
        new LogEntry(LogEntryKind.Record, 3, default).AddTo(bytes);
        Assert.Throws<JournalDamagedException>(() => LogPart.Of(bytes.ToArray()));
        Assert.Throws<JournalDamagedException>(() => LogPart.Of(default));
    }

    [Theory]
    [InlineData("x")]  // an unknown kind
    [InlineData("r")]  // no number
    [InlineData("r\u0001")]  // no length
    [InlineData("r\u0001\u0005abcd")]  // a payload that is too short
    public void Bytes_that_are_no_entries_are_found(string text) => Assert.Throws<JournalDamagedException>(
        () => LogEntry.ReadAll(System.Text.Encoding.Latin1.GetBytes(text), []));

    private static List<LogEntry> Parse(string entries) =>
    [
        .. entries.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(text => new LogEntry(
            (LogEntryKind)text[0], long.Parse(text[1..], System.Globalization.CultureInfo.InvariantCulture), default)),
    ];
}
