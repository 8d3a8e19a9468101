using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Model.MessageQueues;

/// <summary>
/// A random run: the same operations for the real queue and for the model, which must say the same in the same order.
/// One seed is one run.
/// </summary>
public sealed class QueueRun
{
    private readonly Random _random;
    private readonly CallGenerator _calls;
    private readonly ExecutorOptions? _options;
    private readonly List<Client> _clients = [];
    private readonly Queue<string> _last = new();
    private QueueHost _host = null!;
    private QueueModel _model = null!;
    private string _operation = "";
    private long _nowMs = 1_000_000_000_000;
    private int _lastPid;
    private int _untilRenewal = -1;

    public QueueRun(int seed, ExecutorOptions? options = null)
    {
        _random = new Random(seed);
        _calls = new CallGenerator(_random);
        _options = options;
        Renew();
    }

    public QueueHost Host => _host;

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
            if (_random.Next(16) == 0) CompareStat();
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
            case < 330: New(client, _calls.Send()); break;
            case < 660: New(client, _calls.Receive()); break;
            case < 690: New(client, _calls.Copy()); break;
            case < 710: New(client, _calls.Stat()); break;
            case < 740: New(client, _calls.Set()); break;
            case < 830: Advance(); break;
            case < 870: Cancel(client); break;
            case < 900: Detach(client); break;
            case < 950: Attach(client); break;
            case < 980: Again(client); break;
            case < 990: Exit(client); break;
            case < 995: Crash(); break;
            default: Remove(); break;
        }
    }

    // ---- operations ----

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
        _model.Submit(client.Pid, call.Seq, ack, client.Credentials, CallGenerator.Limits, call, _nowMs);
    }

    private void Cancel(Client client)
    {
        var seq = _random.Next(8) == 0 || client.Outstanding.Count == 0
            ? client.NextSeq
            : client.Outstanding.Keys.ElementAt(_random.Next(client.Outstanding.Count));
        _operation += $"{client.Pid} cancels {seq}";
        var submit = new Submit { Stamp = Stamp(client), Ack = client.Ack, Cancels = { seq } };
        _host.Machine.Submit(submit, _nowMs);
        _model.Cancel(client.Pid, seq, client.Ack, _nowMs);
    }

    private void Again(Client client)
    {
        if (client.LastSent is { } sent && _random.Next(3) == 0) Submit(client, sent, ack: 0); // late, out of order
        else if (client.LastDone is { } done) Submit(client, done, client.Ack);
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
        _clients.Add(new Client(++_lastPid, _calls.Credentials()));
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
        var permissions = new Permissions { Uid = 1000, Gid = 100, Cuid = 1000, Cgid = 100, Mode = 0x1B6 };
        var entry = new DirectoryEntry { Permissions = permissions, InitialSize = 10, TimeMs = _nowMs };
        _host = new QueueHost(entry, _nowMs, _options);
        _model = new QueueModel(permissions, 10, _nowMs);
        _clients.Clear();
        for (var count = 0; count < 8; count++) _clients.Add(new Client(++_lastPid, _calls.Credentials()));
        _last.Enqueue("a new queue");
    }

    // ---- comparison ----

    private void Compare()
    {
        var real = _host.Take();
        foreach (var (pid, seq, outcome) in real)
        {
            var kind = outcome.StartsWith("type=", StringComparison.Ordinal) ? "message" : outcome.Split('=')[0];
            Seen[kind] = Seen.GetValueOrDefault(kind) + 1;
            _clients.Find(client => client.Pid == pid)?.OnResult(seq, outcome);
        }

        var said = real.Select(each => $"{each.Pid}.{each.Seq} {each.Outcome}").ToArray();
        _operation += $" => {string.Join(" ; ", said)}";
        Assert.Equal(_model.Out, said);
        _model.Out.Clear();
    }

    private void CompareStat()
    {
        if (_untilRenewal >= 0) return; // removed
        var root = new Client(-1, new Credentials());
        New(root, new Call { Msgstat = new MsgStat() });
        Compare();
    }

    private static Stamp Stamp(Client client) => new()
    {
        Pid = client.Pid, Credentials = client.Credentials, Namespace = 1, Limits = CallGenerator.Limits,
    };
}
