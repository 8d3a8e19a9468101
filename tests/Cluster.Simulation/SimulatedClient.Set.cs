using Cluster.Client.Engine;
using Cluster.Protocol;

namespace Cluster.Simulation;

/// <content>What a client does with semaphores: takes permits and a lock, with SEM_UNDO, and gives them back.</content>
internal sealed partial class SimulatedClient
{
    private readonly int[] _held = new int[Permits.Initial.Length];
    private bool _asksForSet;
    private bool _wantsLock;

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
            Start(SetDirectory, new Call { Get = new Get { Key = 8, Flags = 0x200 | 0x1B6, Size = Permits.Initial.Length } });
            return;
        }

        var semop = new SemOp();
        var gives = _held.Sum() > 0 && random.Next(2) == 0;
        for (var num = 0; num < _held.Length; num++)
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

    // Who made the set puts the permits into it, once: done again, it would make new ones.
    private void OnSet(Got? got)
    {
        _asksForSet = false;
        if (got is null) return;
        Set = got.Id;
        if (!got.Existed) Start(SetTarget, new Call { Semsetall = new SemSetAll { Values = { Permits.Initial } } });
    }

    private void OnOperated(EngineCall call)
    {
        if (call.Result?.SemValues is { } all) Values = all.Values;
        if (call.Body.Semop is not { } semop) return;
        var isDone = call.Result is { Errno: 0 };
        foreach (var op in semop.Ops)
        {
            if (op.Num == 1 && op.Op < 0) _wantsLock = false;
            if (isDone && op.Op < 0) _held[op.Num]++;
            if (!isDone && op.Op > 0) _held[op.Num]++;
        }
    }
}
