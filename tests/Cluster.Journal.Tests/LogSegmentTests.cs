using System.Text;

namespace Cluster.Journal.Tests;

public sealed class LogSegmentTests
{
    private const uint Salt = 7;

    [Fact]
    public void A_segment_says_what_was_written()
    {
        var entries = new List<LogEntry>();
        Make().Read(Salt, entries);
        Assert.Equal([3, 4, 5], entries.Select(entry => (int)entry.SequenceNr));
        Assert.Equal(["x", "y", "z"], entries.Select(entry => Encoding.UTF8.GetString(entry.Payload.Span)));
    }

    [Fact]
    public void Each_changed_byte_is_found()
    {
        var segment = Make();
        for (var at = 0; at < segment.Body.Length; at++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                var body = segment.Body.ToArray();
                body[at] ^= (byte)(1 << bit);
                Assert.Throws<JournalDamagedException>(() => (segment with { Body = body }).Read(Salt, []));
            }
        }
    }

    [Fact]
    public void A_body_that_was_cut_off_is_found()
    {
        var segment = Make();
        for (var length = 0; length < segment.Body.Length; length++)
        {
            var body = segment.Body[..length];
            Assert.Throws<JournalDamagedException>(() => (segment with { Body = body }).Read(Salt, []));
        }
    }

    [Fact]
    public void A_row_of_another_journal_or_under_another_key_is_found()
    {
        var segment = Make();
        Says("belongs to another journal", () => segment.Read(Salt + 1, []));
        Says("has another checksum", () => (segment with { Id = "1/1/1" }).Read(Salt, []));
        Says("has another checksum", () => (segment with { First = 2 }).Read(Salt, []));
        Says("has another checksum", () => (segment with { Last = 6 }).Read(Salt, []));
    }

    private static LogSegment Make() => LogSegment.Make("1/1/0", 3, 5, null, Salt, [Bytes(3, "x", "y"), Bytes(5, "z")]);

    private static byte[] Bytes(long first, params string[] texts)
    {
        var bytes = new LogBytes();
        foreach (var text in texts)
            new LogEntry(LogEntryKind.Record, first++, Encoding.UTF8.GetBytes(text)).AddTo(bytes);
        return bytes.ToArray();
    }

    private static void Says(string message, Action action) => Assert.Contains(
        message, Assert.Throws<JournalDamagedException>(action).Message, StringComparison.Ordinal);
}
