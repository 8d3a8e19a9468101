using System.Text;
using Cluster.Journal.Inspection;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Journal.Tests;

public sealed class DumpTests : IDisposable
{
    private readonly TestJournal _journal = new();

    public void Dispose() => _journal.Dispose();

    [Fact]
    public void Each_entity_has_a_history_and_its_places()
    {
        _journal.Start().Records("1/1/0", 1, "a", "b").Records("1/1/1", 1, "x").Records("1/1/2", 1, "gone").End("1/1/2", 1)
            .Compact().Records("1/1/0", 3, "c").Records("1/1/3", 1, "new");
        Assert.Equal(
            ["1/1/0 3 True True False", "1/1/1 1 True False False", "1/1/2 0 True False True", "1/1/3 1 False True False"],
            _journal.Histories().OrderBy(history => history.Id, StringComparer.Ordinal).Select(history =>
                $"{history.Id} {history.Entries.Count} {history.InSegments} {history.InLog} {history.IsEnded}"));
    }

    [Fact]
    public void One_entity_is_shown_with_the_place_of_each_entry()
    {
        _journal.Start().Records("1/1/0", 1, "a", "b").Records("1/1/1", 1, "x").Compact().Records("1/1/0", 3, "c");
        var history = Assert.Single(_journal.Histories("1/1/0"));
        Assert.Equal(
            ["1 a segment 1", "2 b segment 1", "3 c commit 3 of writer 1"],
            history.Entries.Select(entry =>
                $"{entry.SequenceNr} {Encoding.UTF8.GetString(entry.Payload.Span)} {history.PlaceOf(entry)}"));
        Assert.Equal((3L, 3L), (history.Last, history.Bytes));
    }

    [Fact]
    public void Of_a_lost_entity_what_is_there_is_shown()
    {
        _journal.Start().Records("1/1/0", 1, "a").Compact().Records("1/1/0", 2, "b")
            .Sql("DELETE FROM journal_segment");
        var history = Assert.Single(_journal.Histories("1/1/0"));
        Assert.False(history.IsReadable);
        Assert.Equal([2], history.Entries.Select(entry => (int)entry.SequenceNr));
    }

    [Fact]
    public void Records_and_snapshots_are_shown_without_secrets()
    {
        var token = ByteString.CopyFromUtf8("a secret that is long enough to find");
        var started = new Cluster.Protocol.Record
        {
            Revision = 3, Events = { new Event { ProcessStarted = new ProcessStarted { Token = token } } },
        };
        var snapshot = new Snapshot { Revision = 8, Process = new ProcessState { Started = new ProcessStarted { Token = token } } };
        var decoder = new RecordJson();
        var record = decoder.Decode(new LogEntry(LogEntryKind.Record, 1, started.ToByteArray()))!;
        Assert.Contains("processStarted", record, StringComparison.Ordinal);
        Assert.DoesNotContain(token.ToBase64(), record, StringComparison.Ordinal);

        var whole = snapshot.ToByteArray();
        Assert.Null(decoder.Decode(Piece(LogEntryKind.SnapshotStart, 0, whole[..5])));
        var shown = decoder.Decode(Piece(LogEntryKind.SnapshotPiece, 1, whole[5..]))!;
        Assert.Contains("\"revision\": \"8\"", shown, StringComparison.Ordinal);
        Assert.DoesNotContain(token.ToBase64(), shown, StringComparison.Ordinal);
        Assert.DoesNotContain("token", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_record_is_not_shown() =>
        Assert.Null(new RecordJson().Decode(new LogEntry(LogEntryKind.Record, 1, "no protobuf"u8.ToArray())));

    private static LogEntry Piece(LogEntryKind kind, uint index, byte[] data) => new(
        kind, index + 1, new SnapshotPart { Index = index, Count = 2, Data = ByteString.CopyFrom(data) }.ToByteArray());
}
