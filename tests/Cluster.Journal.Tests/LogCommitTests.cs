using System.Text;

namespace Cluster.Journal.Tests;

public sealed class LogCommitTests
{
    private const uint Salt = 7;
    private static readonly long Base = LogCommit.Base(3);

    [Fact]
    public void A_commit_says_what_was_written()
    {
        var body = Make(Base + 5, previous: 9).Body.ToArray();
        var commit = LogCommit.Open(Base + 5, body, Salt);
        Assert.Equal((Base + 5, 9u), (commit.Number, commit.Previous));
        var found = new List<(string Id, LogPart Part)>();
        commit.ForEach((id, entries) => found.Add((id, LogPart.Of(entries))));
        Assert.Equal(["1/1/0", "é"], found.Select(each => each.Id));
        Assert.Equal([(4, 5), (1, 1)], found.Select(each => ((int)each.Part.First, (int)each.Part.Last)));
        var first = new List<LogEntry>();
        LogEntry.ReadAll(found[0].Part.Entries, first);
        Assert.Equal(["a", "bc"], first.Select(entry => Encoding.UTF8.GetString(entry.Payload.Span)));
        Assert.Equal([LogEntryKind.Record, LogEntryKind.Record], first.Select(entry => entry.Kind));
    }

    [Fact]
    public void A_commit_may_have_no_entities()
    {
        var bytes = new LogBytes();
        LogCommit.Begin(bytes);
        var made = LogCommit.End(bytes, Salt, Base + 1, 0);
        LogCommit.Open(Base + 1, made.Body.ToArray(), Salt).ForEach((_, _) => Assert.Fail("there is none"));
    }

    [Fact]
    public void Each_changed_byte_is_found()
    {
        var body = Make(Base + 5, previous: 9).Body.ToArray();
        for (var at = 0; at < body.Length; at++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                var changed = body.ToArray();
                changed[at] ^= (byte)(1 << bit);
                Assert.Throws<JournalDamagedException>(() => LogCommit.Open(Base + 5, changed, Salt));
            }
        }
    }

    [Fact]
    public void A_row_that_was_cut_off_or_continued_is_found()
    {
        var body = Make(Base + 5, previous: 9).Body.ToArray();
        for (var length = 0; length < body.Length; length++)
            Assert.Throws<JournalDamagedException>(() => LogCommit.Open(Base + 5, body[..length], Salt));
        Assert.Throws<JournalDamagedException>(() => LogCommit.Open(Base + 5, [.. body, 0], Salt));
    }

    [Fact]
    public void A_row_of_another_journal_is_found() => Says(
        "commit 5 of writer 3 belongs to another journal",
        () => LogCommit.Open(Base + 5, Make(Base + 5, 9).Body.ToArray(), Salt + 1));

    [Fact]
    public void A_row_under_another_number_is_found() => Says(
        "commit 6 of writer 3 was written under another number",
        () => LogCommit.Open(Base + 6, Make(Base + 5, 9).Body.ToArray(), Salt));

    [Fact]
    public void Commits_follow_each_other()
    {
        var first = Make(Base + 1, 0);
        var second = Make(Base + 2, first.Sum);
        var third = Make(Base + 3, second.Sum);
        second.Follows(first.Number, first.Sum);
        third.Follows(second.Number, second.Sum);
        Says("commit 2 of writer 3 is missing", () => third.Follows(first.Number, first.Sum));
        Says("commit 3 of writer 3 is missing", () => second.Follows(second.Number, second.Sum)); // doubled
        Says("commit 4 of writer 3 is missing", () => second.Follows(third.Number, third.Sum)); // reordered
        Says("commit 2 of writer 3 follows another commit", () => second.Follows(first.Number, first.Sum + 1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(1L << 40)]
    [InlineData(long.MaxValue)]
    public void Numbers_come_back(long number)
    {
        var bytes = new LogBytes();
        bytes.AddNumber(number);
        var at = 0;
        Assert.Equal(number, LogBytes.ReadNumber(bytes.Span, ref at));
        Assert.Equal(bytes.Length, at);
    }

    [Fact]
    public void A_number_without_an_end_is_found()
    {
        var at = 0;
        Assert.Throws<JournalDamagedException>(() => LogBytes.ReadNumber([0x80, 0x80], ref at));
        at = 0;
        Assert.Throws<JournalDamagedException>(() => LogBytes.ReadNumber([.. Enumerable.Repeat((byte)0xff, 12)], ref at));
    }

    [Fact]
    public void The_checksum_is_CRC_32C_whatever_the_parts() // RFC 3720, B.4
    {
        var numbers = Enumerable.Range(0, 32).Select(i => (byte)i).ToArray();
        Assert.Equal(0x46DD794Eu, Crc32C.End(Crc32C.Add(Crc32C.Start, numbers)));
        for (var cut = 0; cut <= numbers.Length; cut++)
        {
            var sum = Crc32C.Add(Crc32C.Add(Crc32C.Start, numbers.AsSpan(0, cut)), numbers.AsSpan(cut));
            Assert.Equal(0x46DD794Eu, Crc32C.End(sum));
        }
    }

    private static LogCommit Make(long number, uint previous)
    {
        var bytes = new LogBytes();
        LogCommit.Begin(bytes);
        var start = LogCommit.BeginEntity(bytes, "1/1/0");
        new LogEntry(LogEntryKind.Record, 4, "a"u8.ToArray()).AddTo(bytes);
        new LogEntry(LogEntryKind.Record, 5, "bc"u8.ToArray()).AddTo(bytes);
        LogCommit.EndEntity(bytes, start);
        start = LogCommit.BeginEntity(bytes, "é");
        new LogEntry(LogEntryKind.End, 1, default).AddTo(bytes);
        LogCommit.EndEntity(bytes, start);
        return LogCommit.End(bytes, Salt, number, previous);
    }

    private static void Says(string message, Action action) => Assert.StartsWith(
        message, Assert.Throws<JournalDamagedException>(action).Message, StringComparison.Ordinal);
}
