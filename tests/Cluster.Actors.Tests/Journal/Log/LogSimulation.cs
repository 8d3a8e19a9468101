using System.Globalization;
using Cluster.Actors.Journal.Log;
using Cluster.Actors.Journal.Rows;
using Cluster.Actors.Journal.Write;

namespace Cluster.Actors.Tests.Journal.Log;

/// <summary>
/// Nodes that write, read, compact, claim each other's groups, lose their connections before and after a commit, crash,
/// and come back, in the order that a seed gives. Twins of an actor write on several nodes at once. What was confirmed
/// must be in each later history, and what a history has must have been written.
/// </summary>
internal sealed class LogSimulation : IDisposable
{
    private const int NodeCount = 3;
    private const int GroupCount = 3;
    private const int EntitiesOfGroup = 4;

    private readonly Random _random;
    private readonly Func<ILogDatabase> _connect;
    private readonly Func<ILogReader> _read;
    private readonly LogNode[] _nodes = new LogNode[NodeCount];
    private readonly Dictionary<string, Model> _models = [];
    private readonly Dictionary<(int Node, string Id), Twin> _actors = [];
    private readonly int _largeSnapshots;
    private int _names;
    private int _values;

    public LogSimulation(int seed, Func<ILogDatabase> connect, Func<ILogReader> read)
    {
        _random = new Random(seed);
        (_connect, _read) = (connect, read);
        _largeSnapshots = _random.Next(4);
        for (var i = 0; i < NodeCount; i++) Start(i, isSameName: false);
        for (var group = 0; group < GroupCount; group++)
            for (var entity = 0; entity < EntitiesOfGroup; entity++) _models[$"{group}-{entity}"] = new Model();
    }

    public int Confirmed { get; private set; }

    public int Conflicts { get; private set; }

    public int Unknown { get; private set; }

    public void Run(int steps)
    {
        for (var i = 0; i < steps; i++) Step();
    }

    /// <summary>All that was confirmed is there, before and after all of it was compacted.</summary>
    public void Check()
    {
        for (var i = 0; i < NodeCount; i++)
        {
            // The last one compacts what the others have left. A new node claims all groups.
            Start(i, isSameName: i == 1);
            foreach (var id in _models.Keys) Recover(i, id, isClaimed: true);
            for (var left = 10_000; _nodes[i].Idle(); left--) Assert.True(left > 0, "the compaction does not end");
        }

        Start(0, isSameName: false);
        foreach (var id in _models.Keys) Recover(0, id, isClaimed: true);
    }

    public void Dispose() => Array.ForEach(_nodes, node => node.Dispose());

    private void Step()
    {
        var node = _random.Next(NodeCount);
        switch (_random.Next(100))
        {
            case < 22:
                Recover(node, Pick());
                break;
            case < 90:
                Write(node);
                break;
            case < 97:
                _nodes[node].Idle();
                break;
            default:
                foreach (var actor in _actors.Keys.Where(actor => actor.Node == node).ToArray()) _actors.Remove(actor);
                Start(node, isSameName: _random.Next(2) == 0);
                break;
        }
    }

    private string Pick() => _models.Keys.ElementAt(_random.Next(_models.Count));

    private readonly string[] _nameOf = new string[NodeCount];

    private void Start(int node, bool isSameName)
    {
        _nodes[node]?.Dispose();
        if (!isSameName) _nameOf[node] = $"n{_names++}";
        _nodes[node] = new LogNode(_nameOf[node], _connect, _read);
    }

    // A node that does not know yet that another one has claimed the group reads an old history. It cannot write then.
    private void Recover(int node, string id, bool isClaimed = false)
    {
        _actors.Remove((node, id));
        try
        {
            var (last, records) = _nodes[node].Recover(id);
            var state = Fold(records);
            if (isClaimed) Check(node, id, last, state);
            _actors[(node, id)] = new Twin(last, state);
        }
        catch (Exception exception) when (exception is JournalUnavailableException or IOException)
        {
            // The connection broke, or another node was faster.
        }
    }

    private void Check(int node, string id, long last, string state) => Assert.True(
        _models[id].Allows(last, state), $"node {node} reads {last}: {state} of {id}, but {_models[id]}");

    private void Write(int node)
    {
        var batch = new List<(string Id, WriteRequest Request, Model.Attempt Attempt)>();
        foreach (var ((_, id), actor) in _actors.Where(actor => actor.Key.Node == node).OrderBy(actor => actor.Key.Id, StringComparer.Ordinal).ToArray())
        {
            if (_random.Next(3) == 0) continue;
            var (request, last, state) = Draw(id, actor);
            batch.Add((id, request, _models[id].Try(last, state)));
        }

        if (batch.Count == 0) return;
        _nodes[node].Write(batch.ConvertAll(entry => entry.Request));
        foreach (var (id, request, attempt) in batch)
        {
            switch (request.Failure)
            {
                case null:
                    var before = _actors[(node, id)];
                    Check(node, id, before.Last, before.State);
                    _models[id].Confirm(attempt);
                    _actors[(node, id)] = new Twin(attempt.Last, attempt.State);
                    Confirmed++;
                    break;
                case JournalConflictException:
                    _models[id].Refuse(attempt);
                    _actors.Remove((node, id));
                    Conflicts++;
                    break;
                default:
                    _actors.Remove((node, id));
                    Unknown++;
                    break;
            }
        }
    }

    private (WriteRequest Request, long Last, string State) Draw(string id, Twin actor)
    {
        switch (_random.Next(20))
        {
            case 0 when actor.Last > 0:
                return (WriteRequest.OfEnd(id, LogNode.Groups.Of(id)!, actor.Last), actor.Last + 1, "");
            case < 4:
                var pieces = Split(actor.State, 1 + _random.Next(3));
                return (LogNode.Request(id, actor.Last + 1, isSnapshot: true, pieces), actor.Last + pieces.Length, actor.State);
            default:
                var texts = Enumerable.Range(0, 1 + _random.Next(3))
                    .Select(_ => $"{++_values};".ToString(CultureInfo.InvariantCulture)).ToArray();
                return (LogNode.Request(id, actor.Last + 1, isSnapshot: false, texts), actor.Last + texts.Length,
                    actor.State + string.Concat(texts));
        }
    }

    // Padding makes a snapshot large enough for a segment of its own.
    private string[] Split(string state, int count)
    {
        var padded = _random.Next(4) < _largeSnapshots ? state.PadRight(70_000) : state;
        var size = (padded.Length + count - 1) / count;
        return Enumerable.Range(0, count)
            .Select(i => padded[Math.Min(i * size, padded.Length)..Math.Min((i + 1) * size, padded.Length)]).ToArray();
    }

    private static string Fold(List<(string Text, bool IsSnapshot)> records)
    {
        var state = string.Empty;
        var wasSnapshot = false;
        foreach (var (text, isSnapshot) in records)
        {
            state = isSnapshot && !wasSnapshot ? text : state + text;
            wasSnapshot = isSnapshot;
        }

        return state.Replace(" ", "", StringComparison.Ordinal);
    }

    private sealed record Twin(long Last, string State);

    /// <summary>What an entity may be like.</summary>
    private sealed class Model
    {
        private readonly List<Attempt> _attempts = [new Attempt(0, "")];
        private int _confirmed;

        public Attempt Try(long last, string state)
        {
            var attempt = new Attempt(last, state);
            _attempts.Add(attempt);
            return attempt;
        }

        public void Confirm(Attempt attempt) => _confirmed = _attempts.IndexOf(attempt);

        public void Refuse(Attempt attempt)
        {
            var at = _attempts.IndexOf(attempt);
            _attempts.RemoveAt(at);
            if (at < _confirmed) _confirmed--;
        }

        public bool Allows(long last, string state) =>
            _attempts.Skip(_confirmed).Any(attempt => attempt.Last == last && attempt.State == state);

        public override string ToString() =>
            string.Join(" | ", _attempts.Skip(_confirmed).Select(attempt => $"{attempt.Last}: {attempt.State}"));

        // By reference: two attempts may be alike.
        public sealed class Attempt(long last, string state)
        {
            public long Last => last;

            public string State => state;
        }
    }
}
