using Cluster.Core.Machines;
using Cluster.Core.Processes;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Tests.Processes;

/// <summary>A process entity whose writes are done at once, its owner (pid 7, uid 1000), and other processes.</summary>
internal sealed class SignalHost
{
    public const int Own = 7;
    public const uint Uid = 1000;

    private readonly List<byte[]> _rows = [];
    private Executor _executor;
    private ulong _seq;

    public SignalHost()
    {
        (Process, _executor) = Make(hasPast: false);
        var started = new ProcessStarted
        {
            Pid = Own, Credentials = new Credentials { Uid = Uid }, Namespace = 1, NamespacePath = "/", LeaseMs = 10_000,
            Token = ByteString.CopyFromUtf8("secret"),
        };
        var start = new StartProcess { Process = started, Gateway = "here" };
        Ask(new Request { StartProcess = start });
        Assert.True(_executor.TryTakeSubscription(out _));
        Replies.Clear();
    }

    public Process Process { get; private set; }

    public long NowMs { get; private set; } = 1_000;

    public Queue<Reply> News { get; } = [];

    public Queue<Reply> Replies { get; } = [];

    public Queue<(int Pid, Result Result)> Results { get; } = [];

    public List<Request> Requests { get; } = [];

    public void Ask(Request request, ulong token = 1)
    {
        Process.Ask(request, token, NowMs);
        Commit();
    }

    public void Pass(long ms)
    {
        NowMs += ms;
        Process.Tick(NowMs);
        Commit();
    }

    /// <summary>Makes a call; returns its seq. Its result, if there is one, is the last of <see cref="Results"/>.</summary>
    public ulong Start(SignalCall call, int pid = Own, uint uid = Uid, ulong space = 1, long? timeoutMs = null)
    {
        var whole = new Call { Seq = ++_seq, Signal = call };
        if (timeoutMs is { } ms) whole.TimeoutMs = ms;
        Submit(whole, pid, uid, space);
        return whole.Seq;
    }

    public void Submit(Call call, int pid = Own, uint uid = Uid, ulong space = 1)
    {
        var stamp = new Stamp { Pid = pid, Credentials = new Credentials { Uid = uid }, Namespace = space };
        Process.Submit(new Submit { Stamp = stamp, Calls = { call } }, NowMs);
        Commit();
    }

    public void Cancel(ulong seq)
    {
        Process.Submit(new Submit { Stamp = new Stamp { Pid = Own, Namespace = 1 }, Cancels = { seq } }, NowMs);
        Commit();
    }

    /// <summary>Makes a call that does not park, and returns its result.</summary>
    public Result Call(SignalCall call, int pid = Own, uint uid = Uid, ulong space = 1, long? timeoutMs = null)
    {
        Results.Clear();
        var seq = Start(call, pid, uid, space, timeoutMs);
        var (to, result) = Results.Single(each => each.Result.Seq == seq);
        Assert.Equal(pid, to);
        return result;
    }

    public Errno Send(Signal signal, int pid = 9, uint uid = Uid, long? value = null, ulong space = 1)
    {
        var send = new SignalSend { Signal = (int)signal, Code = value is null ? 0 : -1, Value = value ?? 0 };
        return (Errno)Call(new SignalCall { Send = send }, pid, uid, space).Errno;
    }

    public Errno Dispose(Signal signal, int disposition) => (Errno)Call(
        new SignalCall { Action = new SignalAction { Signal = (int)signal, Disposition = disposition } }).Errno;

    public ulong Mask(int how, params Signal[] signals) => Call(
        new SignalCall { Mask = new SignalMask { How = how, Set = SignalSet.Of(signals) } }).SignalSetting.Set;

    public ulong Pending() => Call(new SignalCall { Pending = new SignalPending() }).SignalSetting.Set;

    public Result Wait(long timeoutMs, params Signal[] signals) => Call(
        new SignalCall { Wait = new SignalWait { Set = SignalSet.Of(signals) } }, timeoutMs: timeoutMs);

    public Result Take() => Call(new SignalCall { Take = new SignalTake() });

    /// <summary>Makes the entity anew from its journal, with a connected caller.</summary>
    public void Crash(bool fromSnapshot = false)
    {
        var snapshot = Process.TakeSnapshot().ToByteArray();
        (Process, _executor) = Make(hasPast: true);
        if (fromSnapshot) Process.Restore(Snapshot.Parser.ParseFrom(snapshot));
        else _rows.ForEach(row => _executor.Replay(row));
        Assert.Equal(snapshot, Process.TakeSnapshot().ToByteArray());
        Process.Recovered(NowMs);
        Commit();
        Results.Clear();
    }

    private static (Process, Executor) Make(bool hasPast)
    {
        var process = new Process(Process.KeyOf(Own)) { HasPast = hasPast };
        return (process, new Executor(process));
    }

    private void Commit()
    {
        while (_executor.TryBeginWrite(out var write, lazy: true))
        {
            _rows.AddRange(write.Rows.Select(row => row.ToArray()));
            _executor.Committed();
        }

        foreach (var each in _executor.Ready.Results) Results.Enqueue(each);
        foreach (var (_, news) in _executor.Ready.News) News.Enqueue(news);
        foreach (var (_, reply) in _executor.Ready.Replies) Replies.Enqueue(reply);
        Requests.AddRange(_executor.Ready.Requests);
        _executor.Ready.Clear();
    }
}
