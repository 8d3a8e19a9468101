using Cluster.Client.Engine;
using Cluster.Protocol;

namespace Cluster.Simulation;

/// <content>
/// What a client does with semaphores: takes permits and a lock, with SEM_UNDO, and gives them back; and takes a second
/// lock for several callers at once, among whom it passes it on.
/// </content>
internal sealed partial class SimulatedClient
{
    private readonly int[] _held = new int[Permits.Initial.Length];
    private bool _asksForSet;
    private bool _wantsLock;
    private EngineCall? _lock; // whose caller has the lock that passes on
    private EngineCall? _unlocked; // whose caller is giving it back

    /// <summary>The id of the set, once it is known.</summary>
    public int? Set { get; private set; }

    /// <summary>What <see cref="LookAt"/> found.</summary>
    public IReadOnlyList<uint>? Values { get; private set; }

    /// <summary>Asks for the values of a set.</summary>
    public void LookAt(int? set)
    {
        Set = set;
        Start(SetTarget, new Call { Semquery = new SemQuery { Question = SemQuestion.AllValues } });
    }

    private static Target SetDirectory => new() { Kind = Kind.Directory, Id = (long)Kind.SemaphoreSet };

    private Target SetTarget => new() { Kind = Kind.SemaphoreSet, Id = Set!.Value };

    private void ActOnSet(Random random)
    {
        if (Set is null)
        {
            if (_asksForSet) return;
            _asksForSet = true;
            Start(
                SetDirectory,
                new Call { Get = new Get { Key = 8, Flags = 0x200 | 0x1B6, Size = Permits.Initial.Length } });
            return;
        }

        if (random.Next(2) == 0)
        {
            ActOnLock();
            return;
        }

        var semop = new SemOp();
        var gives = _held.Sum() > 0 && random.Next(2) == 0;
        for (var num = 0; num < Permits.Passing; num++)
        {
            if (random.Next(2) == 0) continue;
            if (gives && _held[num] > 0) Add(semop, num, 1, 0);
            else if (!gives && (num == 0 || (_held[1] == 0 && !_wantsLock)))
                Add(semop, num, -1, random.Next(4) == 0 ? IpcFlags.IPC_NOWAIT : 0);
        }

        if (semop.Ops.Count > 0) Start(SetTarget, new Call { Semop = semop });
    }

    private void Add(SemOp semop, int num, int op, int flags)
    {
        semop.Ops.Add(new SemBuf { Num = (uint)num, Op = op, Flags = flags | IpcFlags.SEM_UNDO });
        if (op > 0) _held[num]--; // at once, so that it is given back once
        else if (num == 1) _wantsLock = true;
    }

    private void ActOnLock()
    {
        if (_lock is { } holder && _unlocked is null)
        {
            _unlocked = holder;
            var give = new SemBuf { Num = Permits.Passing, Op = -1, Flags = IpcFlags.SEM_UNDO };
            Start(SetTarget, new Call { Semop = new SemOp { Ops = { give } } }, holder);
            return;
        }

        var take = new SemBuf { Num = Permits.Passing, Op = 1, Flags = IpcFlags.SEM_UNDO };
        var free = new SemBuf { Num = Permits.Passing };
        Start(SetTarget, new Call { Semop = new SemOp { Ops = { free, take }, Passes = true } });
    }

    private void OnLock(EngineCall call, bool isTaken)
    {
        var isDone = call.Result is { Errno: 0 };
        if (!isTaken && isDone && _lock == _unlocked) _lock = null;
        if (!isTaken) _unlocked = null;
        if (!isTaken || !isDone) return;

        // The set may have it back, and have given it again, before the result says so.
        if (_lock is not null && _lock != _unlocked)
            throw new SimulationException($"two callers of {_number} have the lock, {call.Seq} is one");
        _lock = call;
    }

    // Who made the set puts the permits into it, once: done again, it would make new ones. Not by SETALL: the lock that
    // is passed on needs no first value, and may be held by now.
    private void OnSet(Got? got)
    {
        _asksForSet = false;
        if (got is null) return;
        Set = got.Id;
        if (got.Existed) return;
        for (var num = 0; num < Permits.Passing; num++)
            Start(SetTarget, new Call { Semsetval = new SemSetVal { Num = num, Value = (int)Permits.Initial[num] } });
    }

    private void OnOperated(EngineCall call)
    {
        if (call.Result?.SemValues is { } all) Values = all.Values;
        if (call.Body.Semop is not { } semop) return;
        if (semop.Ops[^1] is { Num: Permits.Passing } last)
        {
            OnLock(call, last.Op > 0);
            return;
        }

        var isDone = call.Result is { Errno: 0 };
        foreach (var op in semop.Ops)
        {
            if (op.Num == 1 && op.Op < 0) _wantsLock = false;
            if (isDone && op.Op < 0) _held[op.Num]++;
            if (!isDone && op.Op > 0) _held[op.Num]++;
        }
    }
}
