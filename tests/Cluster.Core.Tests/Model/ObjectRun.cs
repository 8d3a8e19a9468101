using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Model;

/// <summary>
/// A random run: the real object and its model get the same operations, and must give the same results in the same
/// order. One seed is one run.
/// </summary>
public abstract class ObjectRun(int seed)
{
    private readonly List<Client> _clients = [];
    private readonly Queue<string> _last = new();
    private IObjectModel _model = null!;
    private string _operation = "";
    private int _lastPid;
    private int _untilRenewal = -1;

    public ObjectHost Host { get; private set; } = null!;

    /// <summary>The last operations and their results.</summary>
    public IEnumerable<string> Last => _last;

    /// <summary>The number of results of each outcome. A run in which no call blocks proves little.</summary>
    public Dictionary<string, int> Seen { get; } = [];

    protected Random Random { get; } = new(seed);

    protected long NowMs { get; private set; } = 1_000_000_000_000;

    /// <summary>The processes of the run.</summary>
    protected IEnumerable<int> Pids => _clients.Select(client => client.Pid);

    /// <summary>Whether the object was removed. A new one follows soon.</summary>
    protected bool IsRemoved => _untilRenewal >= 0;

    /// <summary>The limits that every call carries.</summary>
    protected abstract Limits Limits { get; }

    /// <summary>Makes one operation and compares the results.</summary>
    public void Step()
    {
        if (_untilRenewal-- == 0) Renew();
        _operation = "";
        try
        {
            Operate(_clients[Random.Next(_clients.Count)]);
            Compare();
            CompareState();
            Host.Machine.CheckInvariants();
        }
        finally
        {
            _last.Enqueue($"{NowMs % 1_000_000_000} {_operation}");
            if (_last.Count > 50) _last.Dequeue();
        }
    }

    // ---- what a kind decides ----

    /// <summary>Creates a new object and its model. The name describes them.</summary>
    protected abstract (ObjectHost Host, IObjectModel Model, string Name) Create();

    protected abstract Credentials NewCredentials();

    /// <summary>Makes a random operation.</summary>
    protected abstract void Operate(Client client);

    /// <summary>Compares the state, by calls that read it.</summary>
    protected abstract void CompareState();

    /// <summary>The sort of an outcome, as <see cref="Seen"/> counts it.</summary>
    protected virtual string SortOf(string outcome) => outcome.Split('=', ' ')[0];

    /// <summary>Compares more than the results.</summary>
    protected virtual void CompareMore(IObjectModel model)
    {
    }

    // ---- operations ----

    protected void Renew()
    {
        (Host, _model, var name) = Create();
        _clients.Clear();
        while (_clients.Count < 8) _clients.Add(new Client(++_lastPid, NewCredentials()));
        _last.Enqueue(name);
    }

    protected void Start(Client client, Call call)
    {
        if (!client.IsConnected) Reconnect(client);
        call.Seq = client.NextSeq++;
        client.Outstanding.Add(call.Seq, call);
        Submit(client, call, client.Ack);
    }

    protected void Submit(Client client, Call call, ulong ack)
    {
        _operation += $"{client.Pid} calls {call} ack {ack}; ";
        var submit = new Submit { Stamp = Stamp(client), Ack = ack, Calls = { call.Clone() } };
        Host.Machine.Submit(submit, NowMs);
        _model.Submit(client.Pid, call.Seq, ack, client.Credentials, Limits, call, NowMs);
    }

    protected void Cancel(Client client)
    {
        var seq = Random.Next(8) == 0 || client.Outstanding.Count == 0
            ? client.NextSeq
            : client.Outstanding.Keys.ElementAt(Random.Next(client.Outstanding.Count));
        _operation += $"{client.Pid} cancels {seq}";
        var submit = new Submit { Stamp = Stamp(client), Ack = client.Ack, Cancels = { seq } };
        Host.Machine.Submit(submit, NowMs);
        _model.Cancel(client.Pid, seq, client.Ack, NowMs);
    }

    /// <summary>Sends a call again that was answered, or one that was not.</summary>
    protected virtual void Resend(Client client)
    {
        if (client.LastDone is { } done) Submit(client, done, client.Ack);
        else if (client.Outstanding.Count > 0) Submit(client, client.Outstanding.First().Value, client.Ack);
    }

    protected void Advance()
    {
        NowMs += Random.Next(3) == 0 ? Random.Next(6_000) : Random.Next(300);
        _operation += "time passes";
        Host.Machine.Tick(NowMs);
        _model.Tick(NowMs);
    }

    protected void Disconnect(Client client)
    {
        _operation += $"{client.Pid} loses its session";
        client.IsConnected = false;
        Host.Machine.Suspend(client.Pid, NowMs);
        _model.Disconnect(client.Pid, NowMs);
    }

    protected void Reconnect(Client client)
    {
        client.IsConnected = true;
        foreach (var call in client.Outstanding.Values.ToArray()) Submit(client, call, client.Ack);
        Compare();
    }

    protected void Exit(Client client)
    {
        var ack = Random.Next(2) == 0 ? client.Ack : 0;
        _operation += $"{client.Pid} exits, ack {ack}";
        Host.Exit(client.Pid, ack, NowMs);
        _model.Exit(client.Pid, ack, NowMs);
        _clients.Remove(client);
        _clients.Add(new Client(++_lastPid, NewCredentials()));
    }

    protected void Crash()
    {
        _operation += "crash";
        Host.Crash(NowMs);
        _model.Crash(NowMs);
        foreach (var client in _clients) client.IsConnected = client.Outstanding.Count == 0;
    }

    protected void Remove()
    {
        if (IsRemoved) return;
        _operation += "removed";
        Host.Remove(NowMs);
        _model.Remove();
        _untilRenewal = 10;
    }

    // ---- comparison ----

    protected void Compare()
    {
        var real = Host.Take(NowMs);
        foreach (var (pid, seq, outcome) in real)
        {
            var sort = SortOf(outcome);
            Seen[sort] = Seen.GetValueOrDefault(sort) + 1;
            _clients.Find(client => client.Pid == pid)?.OnResult(seq, outcome);
        }

        var results = real.Select(each => $"{each.Pid}.{each.Seq} {each.Outcome}").ToArray();
        _operation += $" => {string.Join(" ; ", results)}";
        Assert.Equal(string.Join('\n', _model.Out), string.Join('\n', results));
        _model.Out.Clear();
        CompareMore(_model);
    }

    private Stamp Stamp(Client client) => new()
    {
        Pid = client.Pid, Credentials = client.Credentials, Namespace = 1, Limits = Limits,
    };
}
