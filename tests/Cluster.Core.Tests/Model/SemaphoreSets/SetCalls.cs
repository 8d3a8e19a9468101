using Cluster.Protocol;

namespace Cluster.Core.Tests.Model.SemaphoreSets;

/// <summary>Random calls on a set of semaphores, from few values each, so that they meet.</summary>
public sealed class SetCalls(Random random, int count)
{
    private static readonly uint[] Modes = [0x180, 0x1B6, 0x1B6, 0x1B6, 0x1B6, 0x1B6, 0x182, 0x1A4, 0x036];

    public static Limits Limits => new() { Semmsl = 100, Semmns = 1000, Semopm = 5, Semmni = 10 };

    public Call Next() => random.Next(100) switch
    {
        < 80 => Operate(),
        < 85 => Query(),
        < 91 => new Call { Semsetval = new SemSetVal { Num = Num(), Value = Value() } },
        < 94 => SetAll(),
        < 97 => new Call { Semstat = new SemStat { Any = random.Next(2) == 0 } },
        _ => Set(),
    };

    public Call Operate()
    {
        var semop = new SemOp();
        var length = random.Next(10) < 6 ? 1 : random.Next(20) == 0 ? random.Next(7) : random.Next(2, 5);
        var onlyZeros = random.Next(8) == 0;
        for (; length > 0; length--)
        {
            var isZero = onlyZeros || random.Next(6) == 0;
            var op = isZero ? 0 : random.Next(3) == 0 ? random.Next(1, 4) : -random.Next(1, 4);
            if (random.Next(200) == 0) op = random.Next(2) == 0 ? 32_767 : -32_768;
            var flags = random.Next(3) == 0 ? IpcFlags.SEM_UNDO : 0;
            if (random.Next(8) == 0) flags |= IpcFlags.IPC_NOWAIT;
            semop.Ops.Add(new SemBuf { Num = (uint)Num(), Op = op, Flags = flags });
        }

        var call = new Call { Semop = semop };
        if (random.Next(4) == 0) call.TimeoutMs = Pick([0L, 1, 2_000, 7_000, 7_000, -1]);
        return call;
    }

    public Call Query() => new()
    {
        Semquery = new SemQuery { Question = (SemQuestion)random.Next(7), Num = random.Next(20) == 0 ? -1 : Num() },
    };

    private Call SetAll()
    {
        var set = new SemSetAll();
        for (var num = 0; num < count; num++) set.Values.Add((uint)Value());
        return new Call { Semsetall = set };
    }

    private Call Set() => new()
    {
        Semset = new SemSet
        {
            Uid = Pick([1000u, 1000u, 1000u, 2000u, uint.MaxValue]), Gid = Pick([100u, 100u, 200u]), Mode = Pick(Modes),
        },
    };

    private int Num() => random.Next(60) == 0 ? count : random.Next(count);

    private int Value() => random.Next(30) switch
    {
        0 => 32_768,
        1 => 32_767,
        2 => 32_766,
        _ => random.Next(5),
    };

    private T Pick<T>(T[] of) => of[random.Next(of.Length)];
}
