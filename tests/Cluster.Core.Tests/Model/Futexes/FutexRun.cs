using Cluster.Core.Machines;
using Cluster.Core.Memory;
using Cluster.Core.Tests.Worlds;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Tests.Model.Futexes;

/// <summary>
/// A random run of some processes on the words of one extent, and on the model, which must complete the same calls with the
/// same results. Processes have several calls under way. One seed is one run.
/// </summary>
public sealed class FutexRun
{
    private static readonly ByteString Secret = ByteString.CopyFrom(new byte[16]);
    private static readonly ulong Handle = Capability.HandleOf(Secret, 1, writes: true);
    private static readonly int[] Words = [0, 4, 8], Locks = [4_096, 4_100, 262_140], Barriers = [16];

    private readonly Random _random;
    private readonly FutexModel _model = new();
    private readonly List<int> _pids = [];
    private readonly Dictionary<(int Pid, ulong Seq), Call> _open = [];
    private readonly Dictionary<(int Pid, ulong Seq), ulong> _tokens = []; // of the calls that got a lock
    private readonly Queue<string> _last = new();
    private readonly List<string> _results = [];
    private ulong _seq, _incarnation = 1, _token;
    private long _nowMs = 1_000_000;
    private int _lastPid = 1;

    public FutexRun(int seed, ExecutorOptions? options = null)
    {
        _random = new Random(seed);
        Entity = new Entity(Extents.KeyOf(1, 3, 0), _incarnation, options);
        for (var count = 0; count < 6; count++) _pids.Add(++_lastPid);
        // Makes the extent, which asks its segment what it is.
        Submit(_pids[0], new Call { Seq = ++_seq, ShmWrite = new ShmWrite { Capability = Handle, Attachment = 1, Offset = 40 } });
        foreach (var request in Entity.Executor.Ready.Requests.ToArray())
        {
            Entity.Machine.OnReply(
                new Reply
                {
                    Id = request.Id, From = request.To,
                    ExtentOpened = new ExtentOpened { Secret = Secret, Size = 300_000 },
                },
                Now);
        }

        Take();
    }

    public Entity Entity { get; private set; }

    public IEnumerable<string> Last => _last;

    /// <summary>How often each outcome was seen.</summary>
    public Dictionary<string, int> Seen { get; } = [];

    private Instant Now => new(_nowMs, _nowMs);

    public void Step(bool checks, bool fromStart)
    {
        var pid = _pids[_random.Next(_pids.Count)];
        var (what, expected) = _random.Next(100) switch
        {
            < 70 => Call(pid),
            < 75 => Store(pid),
            < 83 => Cancel(),
            < 91 => Advance(),
            < 95 => Exit(pid),
            _ => Crash(),
        };
        Take();
        _last.Enqueue($"{what} => {string.Join("; ", _results)}");
        if (_last.Count > 40) _last.Dequeue();
        Assert.Equal(expected, _results.Order(StringComparer.Ordinal));
        Count();
        foreach (var word in Words.Concat(Locks).Concat(Barriers))
            Assert.Equal(_model.Word(word), (uint)((Extent)Entity.Machine).WordAt(word, 4));
        Assert.Equal(_model.Parked.Order(), Entity.Machine.Waiters.All.Select(each => (each.Pid, each.Seq)).Order());
        Entity.Machine.CheckInvariants();
        if (checks) Entity.Check(fromStart);
    }

    private (string, string[]) Call(int pid)
    {
        var futex = NewCall(pid);
        var call = new Call { Seq = ++_seq, Futex = futex };
        if (_random.Next(3) == 0) call.TimeoutMs = _random.Next(3) * 500;
        var deadline = call.HasTimeoutMs ? _nowMs + call.TimeoutMs : 0;
        var expected = _model.Call(pid, call.Seq, futex, deadline, call is { HasTimeoutMs: true, TimeoutMs: 0 });
        var sent = call.Clone();
        (sent.Futex.Capability, sent.Futex.Attachment) = (Handle, 1);
        Tokens(sent.Futex, pid);
        _open[(pid, call.Seq)] = sent;
        Submit(pid, sent);
        // A condition whose time is over at once has given the lock up, and waits for it again.
        if (call is { HasTimeoutMs: true, TimeoutMs: 0 })
        {
            Entity.Machine.Tick(Now);
            expected = [.. expected.Concat(_model.Expire(_nowMs)).Order(StringComparer.Ordinal)];
        }

        return ($"{pid} {call}", expected);
    }

    // The model names a lock by the call that took it, the extent by the token.
    private void Tokens(FutexCall futex, int pid)
    {
        if (futex.Unlock is { Token: not 0 } unlock) unlock.Token = _tokens.GetValueOrDefault((pid, unlock.Token), 1UL);
        if (futex.Recover is { Token: not 0 } recover) recover.Token = _tokens.GetValueOrDefault((pid, recover.Token), 1UL);
        if (futex.Wait?.Condition is { Token: not 0 } condition)
            condition.Token = _tokens.GetValueOrDefault((pid, condition.Token), 1UL);
    }

    private (string, string[]) Store(int pid)
    {
        var offset = _random.Next(3) == 0 ? Any(Locks) : Any(Words);
        var value = Any(Locks) == offset && _random.Next(2) == 0 ? (uint)pid : (uint)_random.Next(3);
        var atomic = new ShmAtomic
        {
            Capability = Handle, Attachment = 1, Offset = offset, Width = 4, Operand = value,
            Operation = ShmAtomic.Types.Operation.Exchange,
        };
        var call = new Call { Seq = ++_seq, ShmAtomic = atomic };
        // A word that nobody but the extent writes while somebody waits for the lock: else see Extent.FutexLocks.cs.
        if (Locks.Contains(offset) && Entity.Machine.Waiters.All.Any(each => each.ToCall().Futex.Lock?.Offset == offset
            || each.ToCall().Futex.Wait?.Condition?.Lock == offset))
            return ("nothing", []);
        if (Locks.Contains(offset) && !_pids.Contains((int)value) && value != 0) return ("nothing", []);
        Submit(pid, call);
        return ($"{pid} {call}", _model.Store(pid, call.Seq, offset, value));
    }

    private (string, string[]) Cancel()
    {
        var parked = _model.Parked.ToArray();
        if (parked.Length == 0) return ("nothing", []);
        var (pid, seq) = parked[_random.Next(parked.Length)];
        Entity.Machine.Submit(new Submit { Stamp = Stamp(pid), Cancels = { seq } }, Now);
        return ($"cancel {pid}.{seq}", _model.End(pid, seq, "EINTR"));
    }

    private (string, string[]) Advance()
    {
        _nowMs += _random.Next(600);
        Entity.Machine.Tick(Now);
        return ($"now {_nowMs}", _model.Expire(_nowMs));
    }

    private (string, string[]) Exit(int pid)
    {
        Entity.Machine.Ask(new Request { ProcessExited = new ProcessExited { Pid = pid } }, ++_token, Now);
        _pids.Remove(pid);
        _pids.Add(++_lastPid);
        return ($"{pid} exits", _model.Exit(pid));
    }

    // The callers come back at once, with the same calls.
    private (string, string[]) Crash()
    {
        Take();
        _results.Clear();
        Entity.Crash(++_incarnation);
        Entity.Machine.Recovered(Now);
        foreach (var (pid, seq) in _model.Parked) Submit(pid, _open[(pid, seq)]);
        return ("crash", []);
    }

    private FutexCall NewCall(int pid) => _random.Next(20) switch
    {
        < 4 => new FutexCall { Wait = NewWait() },
        4 => new FutexCall { Waitv = NewWaitv() },
        < 7 => new FutexCall
        {
            Wake = new FutexWake { Offset = Any(Words), Count = _random.Next(4), Bitset = NewBitset() },
        },
        7 => new FutexCall { Requeue = NewRequeue() },
        8 => new FutexCall { WakeOp = NewWakeOp() },
        9 => new FutexCall { Barrier = new FutexBarrier { Offset = Barriers[0], Count = _random.Next(5) } },
        < 13 => new FutexCall { Lock = NewLock() },
        < 17 => new FutexCall { Unlock = NewUnlock(pid) },
        17 => new FutexCall { Recover = NewRecover(pid) },
        _ => new FutexCall { Wait = NewCondition(pid) },
    };

    private FutexWait NewWait() => new()
    {
        Offset = Any(Words), Expected = (uint)_random.Next(3), Bitset = NewBitset(), Differs = _random.Next(6) == 0,
    };

    private FutexWaitv NewWaitv()
    {
        var waitv = new FutexWaitv();
        for (var count = _random.Next(1, 4); count > 0; count--)
        {
            var offset = Any(Words);
            waitv.Words.Add(new FutexWaitvWord { Offset = offset, Expected = _model.Word(offset) });
        }

        return waitv;
    }

    private FutexRequeue NewRequeue()
    {
        var requeue = new FutexRequeue
        {
            Offset = Any(Words), To = Any(Words), Wake = _random.Next(3), Requeue = _random.Next(3),
        };
        if (_random.Next(2) == 0) requeue.Expected = (uint)_random.Next(3);
        return requeue;
    }

    private FutexWakeOp NewWakeOp() => new()
    {
        Offset = Any(Words), To = Any(Words), Wake = _random.Next(3), WakeTo = _random.Next(3), Op = _random.Next(5),
        Operand = _random.Next(-1, 3), Cmp = _random.Next(6), CmpOperand = _random.Next(3),
    };

    private FutexLock NewLock() => new()
    {
        Offset = Any(Locks), Tries = _random.Next(4) == 0, Shared = _random.Next(3) == 0, Queues = _random.Next(2) == 0,
        Robust = _random.Next(2) == 0, First = _random.Next(5) == 0,
    };

    private FutexUnlock NewUnlock(int pid)
    {
        var (offset, seq) = Held(pid);
        return new FutexUnlock { Offset = offset, Token = seq };
    }

    private FutexRecover NewRecover(int pid)
    {
        var (offset, seq) = Held(pid);
        return new FutexRecover { Offset = offset, Token = seq };
    }

    private FutexWait NewCondition(int pid)
    {
        var (offset, seq) = Held(pid);
        var word = Any(Words);
        return new FutexWait
        {
            Offset = word, Expected = _model.Word(word), Bitset = NewBitset() | 1,
            Condition = new FutexCondition { Lock = offset, Token = seq },
        };
    }

    private (int Offset, ulong Seq) Held(int pid)
    {
        var own = _model.Owners.Where(each => each.Owner.Pid == pid).ToArray();
        if (own.Length == 0 || _random.Next(6) == 0) return (Any(Locks), 0);
        var (offset, owner) = own[_random.Next(own.Length)];
        return (offset, owner.Seq);
    }

    private uint NewBitset() => _random.Next(8) switch { 0 => 0, 1 => 1, 2 => 2, _ => uint.MaxValue };

    private int Any(int[] offsets) => offsets[_random.Next(offsets.Length)];

    private void Submit(int pid, Call call) =>
        Entity.Machine.Submit(new Submit { Stamp = Stamp(pid), Calls = { call.Clone() } }, Now);

    private static Stamp Stamp(int pid) => new() { Pid = pid, Namespace = 1 };

    private void Take()
    {
        Entity.Commit();
        _results.Clear();
        foreach (var (pid, result) in Entity.Executor.Ready.Results)
        {
            _results.Add($"{pid}.{result.Seq} {Print(result)}");
            if (result is { Errno: 0, FutexLocked: not null }) _tokens[(pid, result.Seq)] = result.Revision;
        }

        Entity.Executor.Ready.Clear();
    }

    private void Count()
    {
        foreach (var result in _results)
        {
            var outcome = result[(result.IndexOf(' ', StringComparison.Ordinal) + 1)..];
            Seen[outcome] = Seen.GetValueOrDefault(outcome) + 1;
        }
    }

    private static string Print(Result result) => result switch
    {
        { Errno: not 0 } => ((Errno)result.Errno).ToString(),
        { FutexLocked: { } locked } => $"locked{(locked.OwnerDied ? " died" : "")}{(locked.TimedOut ? " late" : "")}",
        { FutexCount: { } count } => $"count {count.Count}{(count.Serial ? " serial" : "")}",
        { ShmWord: { } word } => $"was {word.Previous}",
        _ => "ok",
    };
}
