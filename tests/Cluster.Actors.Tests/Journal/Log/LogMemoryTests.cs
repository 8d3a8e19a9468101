using System.Text;
using Cluster.Actors.Journal.Log;
using Cluster.Journal;

namespace Cluster.Actors.Tests.Journal.Log;

/// <summary>The entries of the log in memory, and the memory that is used again.</summary>
public sealed class LogMemoryTests
{
    [Fact]
    public void Parts_are_read_as_they_were_added()
    {
        var chunks = new LogChunks();
        var memory = new LogMemory(chunks);
        var first = memory.Add(LogMemory.None, Part(3, "a", "b"));
        var large = memory.Add(first, Part(5, new string('x', 2 * LogChunks.Size)));
        var other = memory.Add(LogMemory.None, Part(1, "c"));
        var last = memory.Add(large, Part(6, "d"));

        Assert.Equal([(6, 6), (5, 5), (3, 4)], Chain(memory, last).Select(part => ((int)part.First, (int)part.Last)));
        Assert.Equal([(1, 1)], Chain(memory, other).Select(part => ((int)part.First, (int)part.Last)));
        Assert.Equal("d", Text(memory.Read(last, out _)));
        Assert.Equal(new string('x', 2 * LogChunks.Size), Text(memory.Read(large, out _)));
    }

    [Fact]
    public void Memory_is_used_again()
    {
        var chunks = new LogChunks();
        var chunk = chunks.Take(1);
        chunks.GiveBack(chunk);
        Assert.Same(chunk, chunks.Take(LogChunks.Size));
        Assert.NotSame(chunk, chunks.Take(1));
        chunks.GiveBack(chunk);
        chunks.Trim();
        Assert.NotSame(chunk, chunks.Take(1));
    }

    [Fact]
    public void What_a_reader_has_collected_stays_when_the_memory_is_used_again()
    {
        var index = new LogIndex(_ => "group");
        index.Reset(1, []);
        index.Adopt("a", Part(1, "before"));
        var collected = index.Collect("a");
        index.Freeze();
        index.TakeFrozen();
        index.Compacted(["a"]);
        index.EndCompaction();
        index.Adopt("b", Part(1, "behind"));

        Assert.Equal("before", Text(Assert.Single(collected)));
        Assert.Empty(index.Collect("a"));
        Assert.Equal("behind", Text(Assert.Single(index.Collect("b"))));
    }

    [Fact]
    public void Entries_that_a_snapshot_replaces_do_not_count()
    {
        var generation = new LogGeneration(1, new LogChunks());
        var entity = generation.Of("a");
        generation.Add(entity, Part(1, "x"));
        generation.Add(generation.Of("b"), Part(1, "yy"));
        Assert.Equal(Bytes(1, "x").Length + Bytes(1, "yy").Length, generation.LiveBytes);
        generation.Clear(entity);
        Assert.Equal(Bytes(1, "yy").Length, generation.LiveBytes);
        Assert.Empty(generation.PartsOf(entity));
    }

    [Fact]
    public void A_log_whose_entries_are_dead_is_short()
    {
        const int LogBytes = 64 * 1024;
        var log = new FakeLog();
        using var node = new LogNode("node", log.Connect, log.Connect, LogBytes);
        node.Recover("g-a");
        long next = 1;
        var longest = 0;
        for (var i = 0; i < 200; i++)
        {
            var requests = new[]
            {
                LogNode.Request("g-a", next, isSnapshot: i % 4 == 3, new string('x', 1_000)),
            };
            node.Write([.. requests]);
            Assert.Null(requests[0].Failure);
            next++;
            longest = Math.Max(longest, log.Rows.Count);
        }

        // A stretch of 8 KiB, the rows that come while it is compacted, and those that are removed then.
        Assert.InRange(longest, 1, 20);
        var (last, records) = node.Recover("g-a");
        Assert.Equal(200, last);
        Assert.Single(records);
    }

    [Fact]
    public void A_log_of_large_commits_is_short()
    {
        const int LogBytes = 256 * 1024;
        var log = new FakeLog();
        using var node = new LogNode("node", log.Connect, log.Connect, LogBytes);
        node.Recover("g-0");
        long longest = 0;
        for (var i = 0; i < 100; i++)
        {
            var requests = Enumerable.Range(i % 5 * 200, 200).Select(entity =>
                LogNode.Request($"g-{entity}", (i / 5) + 1, isSnapshot: false, new string('x', 150))).ToList();
            node.Write(requests);
            Assert.All(requests, request => Assert.Null(request.Failure));
            longest = Math.Max(longest, log.Rows.Values.Sum(row => (long)row.Length));
        }

        // Two stretches, and what comes while the rows of a third one are removed.
        Assert.InRange(longest, LogBytes, 3 * LogBytes);
    }

    // A node may end after each transaction: the head may not pass an entity whose entries are in no segment yet.
    [Fact]
    public void After_each_transaction_the_segments_and_the_log_above_the_head_have_all()
    {
        // The steps of the compaction leave one entity with some of these numbers.
        for (var entities = 17; entities < 45; entities++)
        {
            var log = new FakeLog();
            using var node = new LogNode("node", log.Connect, log.Connect, logBytes: 8_000);
            node.Recover("g-0");
            for (var i = 0; i < 5 * entities; i++)
            {
                var request = LogNode.Request($"g-{i % entities}", (i / entities) + 1, isSnapshot: false, new string('x', 150));
                node.Write([request]);
                Assert.Null(request.Failure);
                var found = Read(log);
                for (var entity = 0; entity < Math.Min(i + 1, entities); entity++)
                    Assert.Equal(((i - entity) / entities) + 1, LogHistory.Assemble($"g-{entity}", found[$"g-{entity}"]));
            }
        }
    }

    // What a node that starts now reads.
    private static Dictionary<string, List<LogEntry>> Read(FakeLog log)
    {
        var found = new Dictionary<string, List<LogEntry>>();
        foreach (var segment in log.Segments.Values) segment.Read(FakeLog.Salt, Of(segment.Id));
        foreach (var (number, body) in log.Rows)
        {
            if (number > log.Writers[LogCommit.WriterOf(number)].Head.Number)
                LogCommit.Open(number, body, FakeLog.Salt).ForEach((id, part) => LogEntry.ReadAll(part, Of(id)));
        }

        return found;

        List<LogEntry> Of(string id)
        {
            if (!found.TryGetValue(id, out var entries)) found.Add(id, entries = []);
            return entries;
        }
    }

    private static IEnumerable<LogPart> Chain(LogMemory memory, long place)
    {
        while (place != LogMemory.None) yield return memory.Read(place, out place);
    }

    private static LogPart Part(long first, params string[] texts) => LogPart.Of(Bytes(first, texts));

    private static byte[] Bytes(long first, params string[] texts)
    {
        var bytes = new LogBytes();
        foreach (var text in texts)
            new LogEntry(LogEntryKind.Record, first++, Encoding.UTF8.GetBytes(text)).AddTo(bytes);
        return bytes.ToArray();
    }

    private static string Text(LogPart part)
    {
        var entries = new List<LogEntry>();
        LogEntry.ReadAll(part.Entries, entries);
        return string.Concat(entries.Select(entry => Encoding.UTF8.GetString(entry.Payload.Span)));
    }
}
