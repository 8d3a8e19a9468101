using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Model.SemaphoreSets;

/// <summary>
/// A random run: the same operations for the real set and for the model, which must say the same in the same order. One
/// seed is one run.
/// </summary>
public sealed class SetRun
{
    private readonly Random _random;
    private readonly ExecutorOptions? _options;
    private readonly List<Client> _clients = [];
    private readonly Queue<string> _last = new();
    private SetCalls _calls = null!;
    private SetHost _host = null!;
    private SetModel _model = null!;
    private string _operation = "";
    private long _nowMs = 1_000_000_000_000;
    private int _lastPid;
    private int _untilRenewal = -1;

    public SetRun(int seed, ExecutorOptions? options = null)
    {
        _random = new Random(seed);
        _options = options;
        Renew();
    }

    public SetHost Host => _host;

    /// <summary>The last operations and what came of them.</summary>
    public IEnumerable<string> Last => _last;

    /// <summary>How often each outcome was seen: a run that never blocks proves little.</summary>
    public Dictionary<string, int> Seen { get; } = [];

    /// <summary>One operation.</summary>
    public void Step()
    {
        if (_untilRenewal-- == 0) Renew();
        _operation = "";
        try
        {
            Act();
            Compare();
            if (_untilRenewal < 0) CompareState();
            _host.Machine.CheckInvariants();
        }
        finally
        {
            _last.Enqueue($"{_nowMs % 1_000_000_000} {_operation}");
            if (_last.Count > 50) _last.Dequeue();
        }
    }

    private void Act()
    {
        var client = _clients[_random.Next(_clients.Count)];
        switch (_random.Next(1_000))
        {
            case < 720: New(client, _calls.Next()); break;
            case < 800: Advance(); break;
            case < 850: Cancel(client); break;
            case < 890: Detach(client); break;
            case < 940: Attach(client); break;
            case < 965: Again(client); break;
            case < 985: Exit(client); break;
            case < 994: Crash(); break;
            default: Remove(); break;
        }
    }

    private void New(Client client, Call call)
    {
        if (!client.IsAttached) Attach(client);
        call.Seq = client.NextSeq++;
        client.Outstanding.Add(call.Seq, call);
        Submit(client, call, client.Ack);
    }

    private void Submit(Client client, Call call, ulong ack)
    {
        _operation += $"{client.Pid} calls {call} ack {ack}; ";
        var submit = new Submit { Stamp = Stamp(client), Ack = ack, Calls = { call.Clone() } };
        _host.Machine.Submit(submit, _nowMs);
        _model.Submit(client.Pid, call.Seq, ack, client.Credentials, SetCalls.Limits, call, _nowMs);
    }

    private void Cancel(Client client)
    {
        var seq = _random.Next(8) == 0 || client.Outstanding.Count == 0
            ? client.NextSeq
            : client.Outstanding.Keys.ElementAt(_random.Next(client.Outstanding.Count));
        _operation += $"{client.Pid} cancels {seq}";
        var submit = new Submit { Stamp = Stamp(client), Ack = client.Ack, Cancels = { seq } };
        _host.Machine.Submit(submit, _nowMs);
        _model.Cancel(client.Pid, seq, client.Ack);
    }

    private void Again(Client client)
    {
        if (client.LastDone is { } done) Submit(client, done, client.Ack);
        else if (client.Outstanding.Count > 0) Submit(client, client.Outstanding.First().Value, client.Ack);
    }

    private void Advance()
    {
        _nowMs += _random.Next(3) == 0 ? _random.Next(6_000) : _random.Next(300);
        _operation += "time passes";
        _host.Machine.Tick(_nowMs);
        _model.Tick(_nowMs);
    }

    private void Detach(Client client)
    {
        _operation += $"{client.Pid} is away";
        client.IsAttached = false;
        _host.Machine.Suspend(client.Pid, _nowMs);
        _model.Detach(client.Pid, _nowMs);
    }

    private void Attach(Client client)
    {
        client.IsAttached = true;
        foreach (var call in client.Outstanding.Values.ToArray()) Submit(client, call, client.Ack);
        Compare();
    }

    private void Exit(Client client)
    {
        var ack = _random.Next(2) == 0 ? client.Ack : 0;
        _operation += $"{client.Pid} exits, ack {ack}";
        _host.Exit(client.Pid, ack, _nowMs);
        _model.Exit(client.Pid, ack, _nowMs);
        _clients.Remove(client);
        _clients.Add(NewClient());
    }

    private void Crash()
    {
        _operation += "crash";
        _host.Crash(_nowMs);
        _model.Crash(_nowMs);
        foreach (var client in _clients) client.IsAttached = client.Outstanding.Count == 0;
    }

    private void Remove()
    {
        if (_untilRenewal >= 0) return;
        _operation += "removed";
        _host.Remove(_nowMs);
        _model.Remove();
        _untilRenewal = 10;
    }

    private void Renew()
    {
        var count = _random.Next(1, 5);
        var permissions = new Permissions { Uid = 1000, Gid = 100, Cuid = 1000, Cgid = 100, Mode = 0x1B6 };
        var entry = new DirectoryEntry { Permissions = permissions, InitialSize = (ulong)count, TimeMs = _nowMs };
        _calls = new SetCalls(_random, count);
        _host = new SetHost(entry, _nowMs, _options);
        _model = new SetModel(permissions, count, _nowMs);
        _clients.Clear();
        while (_clients.Count < 8) _clients.Add(NewClient());
        _last.Enqueue($"a new set of {count}");
    }

    private Client NewClient()
    {
        var uid = _random.Next(6) switch { 0 => 0u, 1 => 2000u, _ => 1000u };
        return new Client(++_lastPid, new Credentials { Uid = uid, Gid = _random.Next(2) == 0 ? 100u : 300u });
    }

    // ---- comparison ----

    private void Compare()
    {
        var real = _host.Take();
        foreach (var (pid, seq, outcome) in real)
        {
            var kind = outcome.Split('=', ' ')[0];
            Seen[kind] = Seen.GetValueOrDefault(kind) + 1;
            _clients.Find(client => client.Pid == pid)?.OnResult(seq, outcome);
        }

        var said = real.Select(each => $"{each.Pid}.{each.Seq} {each.Outcome}").ToArray();
        _operation += $" => {string.Join(" ; ", said)}";
        Assert.Equal(string.Join('\n', _model.Out), string.Join('\n', said));
        _model.Out.Clear();
        Assert.Equal(_model.Waiting.Order(),
            _host.Machine.Waiters.All.Select(waiter => (waiter.Pid, waiter.Seq)).Order());
    }

    private void CompareState()
    {
        var root = new Client(-1, new Credentials());
        New(root, new Call { Semquery = new SemQuery { Question = SemQuestion.All } });
        if (_random.Next(4) == 0) New(root, new Call { Semstat = new SemStat() });
        Compare();
    }

    private static Stamp Stamp(Client client) => new()
    {
        Pid = client.Pid, Credentials = client.Credentials, Namespace = 1, Limits = SetCalls.Limits,
    };
}
