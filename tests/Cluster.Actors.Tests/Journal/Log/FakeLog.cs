using Cluster.Actors.Journal.Log;
using Cluster.Actors.Journal.Read;
using Cluster.Actors.Journal.Rows;

namespace Cluster.Actors.Tests.Journal.Log;

/// <summary>The tables of the log in memory. Each call is a transaction: all of it happens, or nothing.</summary>
internal sealed class FakeLog
{
    public const uint Salt = 4711;

    public SortedDictionary<long, byte[]> Rows { get; } = [];

    public Dictionary<(string Id, long First), LogSegment> Segments { get; } = [];

    public Dictionary<long, (LogHead Head, bool IsOpen)> Writers { get; } = [];

    public Dictionary<string, long> Owners { get; } = [];

    public long Fence { get; private set; }

    public long LastWriter { get; private set; }

    /// <summary>Decides before each transaction whether the connection breaks: before it, after it, or not at all.</summary>
    public Func<Break> NextBreak { get; set; } = () => Break.None;

    public enum Break
    {
        None,
        Before,
        After,
    }

    public Connection Connect() => new(this);

    internal sealed class Connection(FakeLog log) : ILogDatabase, ILogReader
    {
        public object? Session => null;

        public uint Open(uint? expected, object? former) => Salt;

        public (LogHead Writer, List<LogHead> Former) Register(string node) => Run(() =>
        {
            log.Fence++;
            var writer = ++log.LastWriter;
            var former = log.Writers.Values.Where(known => known.Head.Node == node).Select(known => known.Head).ToList();
            foreach (var head in former)
            {
                log.Writers[head.Writer] = (head, false);
                foreach (var group in log.Owners.Where(owner => owner.Value == head.Writer).ToArray())
                    log.Owners[group.Key] = writer;
            }

            var own = new LogHead(writer, node, LogCommit.Base(writer), 0);
            log.Writers[writer] = (own, true);
            return (own, former);
        });

        public void Claim(long writer, IReadOnlyCollection<string> groups) => Run(() =>
        {
            foreach (var group in groups) log.Owners[group] = writer;
            log.Fence++;
            return 0;
        });

        public List<LogHead> CloseWithoutGroups(long self) => Run(() =>
        {
            var busy = log.Owners.Values.Select(writer => log.Writers[writer].Head.Node).ToHashSet();
            var closed = log.Writers.Values.Where(known => known.Head.Writer != self && !busy.Contains(known.Head.Node)
                && log.Rows.Keys.Any(number => LogCommit.WriterOf(number) == known.Head.Writer))
                .Select(known => known.Head).ToList();
            foreach (var head in closed)
                log.Writers[head.Writer] = (head with { Node = log.Writers[self].Head.Node }, false);
            if (closed.Count > 0) log.Fence++;
            return closed;
        });

        public LogFence ReadFence() => new(
            log.Fence, new Dictionary<string, long>(log.Owners),
            log.Writers.Where(writer => writer.Value.IsOpen).Select(writer => writer.Key).ToHashSet());

        public LogOutcome Store(LogTransaction transaction) => Run(() =>
        {
            if (transaction.Fence != log.Fence) return LogOutcome.FenceMoved;
            if (transaction.Commit is { } commit)
            {
                var isFirst = commit.Number - 1 == LogCommit.Base(LogCommit.WriterOf(commit.Number));
                if (!isFirst && !log.Rows.ContainsKey(commit.Number - 1)) return LogOutcome.CommitLost;
                log.Rows.Add(commit.Number, commit.Body.ToArray());
            }

            foreach (var (id, below) in transaction.Trims)
            {
                foreach (var key in log.Segments.Values.Where(each => each.Id == id && each.Last < below)
                    .Select(each => (each.Id, each.First)).ToArray())
                    log.Segments.Remove(key);
            }

            foreach (var segment in transaction.Segments)
            {
                var key = (segment.Id, segment.First);
                if (!log.Segments.TryGetValue(key, out var old) || segment.Last >= old.Last) log.Segments[key] = segment;
            }

            if (transaction.Removed is { } removed)
            {
                var gone = log.Rows.Keys.Where(number => number > removed.Above && number <= removed.To)
                    .Take(removed.AtMost).ToArray();
                foreach (var number in gone) log.Rows.Remove(number);
                transaction.RemovedRows = gone.Length;
            }

            if (transaction.Head is { } head && log.Writers.TryGetValue(head.Writer, out var known)
                && known.Head.Number < head.Number)
            {
                log.Writers[head.Writer] = (known.Head with { Number = head.Number, Sum = head.Sum }, known.IsOpen);
            }

            if (transaction.Closed != 0) log.Writers.Remove(transaction.Closed);
            return LogOutcome.Stored;
        });

        public Dictionary<string, long> LastOf(IReadOnlyCollection<string> ids) => ids.ToDictionary(id => id, id =>
            log.Segments.Values.Where(segment => segment.Id == id).Select(segment => segment.Last).DefaultIfEmpty().Max());

        public void ReadLog(long above, long to, Action<long, byte[]> row)
        {
            foreach (var (number, body) in log.Rows.Where(pair => pair.Key > above && pair.Key <= to).ToArray())
                row(number, body);
        }

        public void ReadLogs(IReadOnlySet<long> without, Action<LogHead, long, byte[]> row)
        {
            foreach (var (head, _) in log.Writers.Values.ToArray())
            {
                if (without.Contains(head.Writer)) continue;
                ReadLog(head.Number, LogCommit.Base(head.Writer + 1), (number, body) => row(head, number, body));
            }
        }

        public void ReadSegments(IReadOnlyList<string> ids, Action<int, LogSegment> segment)
        {
            for (var i = 0; i < ids.Count; i++)
            {
                foreach (var each in log.Segments.Values.Where(each => each.Id == ids[i]).OrderBy(each => each.First))
                    segment(i, each);
            }
        }

        public void ReadTable(IReadOnlyList<RecoveryRequest> requests, Action<int, TableRow> row)
        {
        }

        public bool Tidy() => false;

        public void Finish()
        {
        }

        public void Dispose()
        {
        }

        private T Run<T>(Func<T> transaction)
        {
            var breaks = log.NextBreak();
            if (breaks is Break.Before) throw new IOException("the connection broke before the transaction");
            var result = transaction();
            if (breaks is Break.After) throw new IOException("the connection broke after the transaction");
            return result;
        }
    }
}
