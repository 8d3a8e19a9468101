using System.Runtime.InteropServices;
using Cluster.Conformance.Linux;
using Cluster.Conformance.Stories;
using Cluster.Core.Tests.Model.SemaphoreSets;
using Cluster.Protocol;

namespace Cluster.Conformance.SemaphoreSets;

/// <summary>
/// Runs scripts on the kernel and on our set at once. A process of the script is a process of the machine, and its pid
/// is its pid in both.
/// </summary>
internal sealed class Comparison(bool asRoot) : IComparison<Script>
{
    private const long NowMs = 1_000_000_000_000;

    private static readonly long Semopm = long.Parse(
        File.ReadAllText("/proc/sys/kernel/sem").Split('\t')[2], System.Globalization.CultureInfo.InvariantCulture);

    private readonly Crew _crew = new(Script.Processes, asRoot);
    private readonly Dictionary<int, ulong> _seqs = [];
    private readonly Dictionary<int, int> _blocked = []; // pid -> which worker
    private readonly Dictionary<string, int> _seen = [];
    private LinuxSet _linux = null!;
    private SetHost _ours = null!;
    private long _nowMs = NowMs;
    private long _blockedCalls;
    private long _exits;

    public long Calls { get; private set; }

    public string Summary => $"{_blockedCalls} blocked, {_exits} exits; "
        + string.Join(", ", _seen.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key} {pair.Value}"));

    public bool WasDisturbed() => _crew.WasContinued();

    public string? Run(Script script)
    {
        using var linux = _linux = new LinuxSet(script.Count);
        if (linux.Id < 0) throw new InvalidOperationException("the kernel gives no semaphore set");
        var (uid, gid) = linux.Creator();
        var permissions = new Permissions { Uid = uid, Gid = gid, Cuid = uid, Cgid = gid, Mode = 0x1B6 };
        _ours = new SetHost(
            new DirectoryEntry { Permissions = permissions, InitialSize = (ulong)script.Count, TimeMs = NowMs }, NowMs);
        _seqs.Clear();
        _nowMs = NowMs;
        string? difference = null;
        for (var at = 0; at < script.Steps.Count && difference is null; at++)
        {
            difference = Take(script.Steps[at]) ?? CompareState();
            if (difference is not null) difference = $"step {at + 1}, {script.Steps[at]}: {difference}";
        }

        return difference is null ? Finish() : Recover(difference);
    }

    public void Dispose() => _crew.Dispose();

    // ---- steps ----

    private string? Take(Step step) => step switch
    {
        Step.Operate operate => IsBlocked(operate.Who) ? null : Operate(operate),
        Step.SetValue set => IsBlocked(set.Who) ? null : SetValue(set),
        Step.SetAll set => IsBlocked(set.Who) ? null : SetAll(set),
        Step.Set set => Set(set),
        Step.Interrupt interrupt => IsBlocked(interrupt.Who) ? Interrupt(interrupt.Who) : null,
        Step.Exit exit => Exit(exit.Who),
        _ => throw new InvalidOperationException($"no such step: {step}"),
    };

    private string? Operate(Step.Operate operate)
    {
        var worker = _crew[operate.Who];
        var semop = new SemOp();
        semop.Ops.AddRange(operate.Ops.Select(op => new SemBuf { Num = (uint)op.Num, Op = op.Op, Flags = op.Flags }));
        var call = new Call { Semop = semop };
        if (operate.TimeoutMs is { } ms) call.TimeoutMs = ms;
        var ops = Array.ConvertAll(operate.Ops, op => new SemBufStruct
        {
            Num = (ushort)op.Num, Op = (short)op.Op, Flags = (short)op.Flags,
        });
        var timeoutNs = operate.TimeoutMs is { } timeout ? timeout * 1_000_000L : -1;
        worker.Tell(WorkerCommand.Operate, [_linux.Id, 0, timeoutNs], MemoryMarshal.AsBytes(ops.AsSpan()));
        Submit(operate.Who, call);
        if (operate.TimeoutMs is > 0)
        {
            _nowMs += operate.TimeoutMs.Value; // if it blocks, its time is up before anything else happens
            _ours.Machine.Tick(_nowMs);
        }

        return CompareResults(operate.Who);
    }

    private string? SetValue(Step.SetValue set)
    {
        _crew[set.Who].Tell(WorkerCommand.SetValue, [_linux.Id, set.Num, set.Value]);
        Submit(set.Who, new Call { Semsetval = new SemSetVal { Num = set.Num, Value = set.Value } });
        return CompareResults(set.Who);
    }

    private string? SetAll(Step.SetAll set)
    {
        var values = Array.ConvertAll(set.Values, value => new SemBufStruct { Num = (ushort)value });
        var bytes = MemoryMarshal.AsBytes(values.AsSpan());
        _crew[set.Who].Tell(WorkerCommand.SetAll, [_linux.Id, 0, 0], bytes);
        var all = new SemSetAll();
        all.Values.AddRange(set.Values.Select(value => (uint)value));
        Submit(set.Who, new Call { Semsetall = all });
        return CompareResults(set.Who);
    }

    private string? Set(Step.Set set)
    {
        var linux = (Errno)_linux.Set(set.Uid, set.Gid, set.Mode);
        var ours = Ask(new Call { Semset = new SemSet { Uid = set.Uid, Gid = set.Gid, Mode = set.Mode } });
        return Same(linux == Errno.None ? "ok" : linux.ToString(), ours);
    }

    private string? Interrupt(int who)
    {
        _crew[who].Interrupt();
        var pid = _crew[who].Pid;
        _ours.Machine.Submit(new Submit { Stamp = Stamp(who), Cancels = { _seqs[pid] } }, _nowMs);
        return CompareResults(null);
    }

    private string? Exit(int who)
    {
        _exits++;
        var pid = _crew[who].Pid;
        _crew.Replace(who, byKill: _blocked.Remove(pid, out _));
        _ours.Exit(pid, _seqs.GetValueOrDefault(pid) + 1, _nowMs);
        return CompareResults(null);
    }

    // ---- comparison ----

    /// <summary>Exactly the calls that the cluster served must return from the kernel, with the same results.</summary>
    private string? CompareResults(int? caller)
    {
        var results = _ours.Take().ToDictionary(each => each.Pid, each => each.Outcome);
        if (caller is { } who && !results.ContainsKey(_crew[who].Pid))
        {
            _blocked.Add(_crew[who].Pid, who);
            _blockedCalls++;
        }

        foreach (var (pid, outcome) in results)
        {
            if (!_blocked.Remove(pid, out var served)) served = caller!.Value;
            if (_crew[served].Result()?.Errno is not { } errno) return $"p{served}: ours {outcome}, Linux blocks";
            var linux = errno == 0 ? "ok" : ((Errno)errno).ToString();
            _seen[linux] = _seen.GetValueOrDefault(linux) + 1;
            if (linux != outcome) return $"p{served}: ours {outcome}, Linux {linux}";
        }

        // No other call may return. The kernel counts blocked calls, and a caller may still be entering the kernel.
        var end = Environment.TickCount64 + 120_000;
        while (_linux.Blocked != _blocked.Count)
        {
            if (_blocked.Values.FirstOrDefault(which => _crew[which].HasResult, -1) is >= 0 and var woken)
                return $"p{woken}: ours blocks, Linux {(Errno?)_crew[woken].Result()?.Errno}";
            if (Environment.TickCount64 > end) return $"ours has {_blocked.Count} blocked, Linux {_linux.Blocked}";
            Thread.Yield();
        }

        return null;
    }

    private string? CompareState()
    {
        var ours = Ask(new Call { Semquery = new SemQuery { Question = SemQuestion.All } });
        if (Same(_linux.State(), ours) is { } difference) return difference;
        var fields = Ask(new Call { Semstat = new SemStat() }).Split(' ');
        return Same(_linux.Stat(), string.Join(' ', fields.SkipLast(1).Select(Relate)));
    }

    // Of a time only whether it was ever set: the clocks are not the same.
    private static string Relate(string field) =>
        field.Split('=') is [var name and ("otime" or "ctime"), var time] ? $"{name}={(time == "0" ? 0 : 1)}" : field;

    private static string? Same(string linux, string ours) => linux == ours ? null : $"ours {ours}, Linux {linux}";

    /// <summary>IPC_RMID: every blocked call returns with EIDRM.</summary>
    private string? Finish()
    {
        _linux.Dispose();
        _ours.Remove(_nowMs);
        foreach (var (pid, _, outcome) in _ours.Take())
        {
            if (!_blocked.Remove(pid, out var which)) return $"IPC_RMID: {pid} was not blocked";
            var linux = (Errno?)_crew[which].Result()?.Errno;
            if (linux?.ToString() != outcome) return $"IPC_RMID: p{which}: ours {outcome}, Linux {linux}";
        }

        return null;
    }

    // After a difference nothing is known of the workers: new ones for the next run.
    private string Recover(string difference)
    {
        _blocked.Clear();
        _crew.Renew();
        return difference;
    }

    // ---- ours ----

    private void Submit(int who, Call call)
    {
        Calls++;
        var pid = _crew[who].Pid;
        call.Seq = _seqs[pid] = _seqs.GetValueOrDefault(pid) + 1;
        _ours.Machine.Submit(new Submit { Stamp = Stamp(who), Ack = call.Seq, Calls = { call } }, _nowMs);
    }

    private string Ask(Call call)
    {
        call.Seq = _seqs[0] = _seqs.GetValueOrDefault(0) + 1;
        var stamp = new Stamp { Pid = 0, Credentials = new Credentials(), Limits = new Limits { Semopm = Semopm } };
        _ours.Machine.Submit(new Submit { Stamp = stamp, Ack = call.Seq, Calls = { call } }, _nowMs);
        return Assert.Single(_ours.Take()).Outcome;
    }

    private Stamp Stamp(int who)
    {
        var worker = _crew[who];
        var credentials = new Credentials { Uid = worker.Uid, Gid = worker.Gid };
        return new Stamp { Pid = worker.Pid, Credentials = credentials, Limits = new Limits { Semopm = Semopm } };
    }

    private bool IsBlocked(int who) => _blocked.ContainsKey(_crew[who].Pid);
}
