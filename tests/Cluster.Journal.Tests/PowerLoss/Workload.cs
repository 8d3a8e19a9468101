using Cluster.Actors.Journal.Write;

namespace Cluster.Journal.Tests.PowerLoss;

/// <summary>A node that writes this and that, compacts its log and starts again, while the disk is recorded.</summary>
internal sealed class Workload : IDisposable
{
    private const int Entities = 24;
    private const long LogBytes = 400 * 1024;

    private readonly TestJournal _journal = new();
    private readonly Random _random;
    private readonly List<Histories> _after = [Histories.Empty];

    public Workload(int seed, int commits)
    {
        _random = new Random(seed);
        Record = RecordingDisk.Begin(_journal.File);
        try
        {
            _journal.Start(logBytes: LogBytes);
            Record.IsReady();
            for (var commit = 1; commit <= commits; commit++)
            {
                Write(commit);
                if (_random.Next(10) == 0) _journal.Step();
                if (_random.Next(200) == 0) Restart();
            }
        }
        finally
        {
            RecordingDisk.End();
        }
    }

    /// <summary>What happened to the files.</summary>
    public DiskRecord Record { get; }

    /// <summary>What there is after each commit; the first one is before all of them.</summary>
    public IReadOnlyList<Histories> After => _after;

    public void Dispose() => _journal.Dispose();

    private void Write(int commit)
    {
        var now = _after[^1];
        var requests = new List<WriteRequest>();
        for (var entity = _random.Next(4); entity < Entities; entity += 1 + _random.Next(Entities))
            requests.Add(Request(now, $"1/1/{entity}"));
        if (requests.Count == 0) requests.Add(Request(now, "1/1/0"));
        _after.Add(requests.Aggregate(now, (histories, request) => histories.After(request)));
        Record.Began(commit);
        _journal.Write(requests);
        Record.Answered(commit);
    }

    private WriteRequest Request(Histories now, string id)
    {
        var last = now.LastOf(id);
        return _random.Next(40) switch
        {
            0 when last > 0 => TestJournal.EndOf(id, last),
            1 => TestJournal.Request(id, last + 1, isSnapshot: true, Text(70_000), Text(5_000)),
            < 6 => TestJournal.Request(id, last + 1, isSnapshot: true, Text(9_000)),
            _ => TestJournal.Request(id, last + 1, isSnapshot: false,
                [.. Enumerable.Range(0, _random.Next(1, 4)).Select(_ => Text(6_000))]),
        };
    }

    private void Restart()
    {
        if (_random.Next(2) == 0) _journal.Stop();
        _journal.Start(logBytes: LogBytes);
    }

    private string Text(int atMost) =>
        string.Create(_random.Next(atMost), _random.Next(), (text, seed) =>
        {
            for (var i = 0; i < text.Length; i++) text[i] = (char)('a' + ((seed + (i * 7)) & 15));
        });
}
