using System.Text;
using Cluster.Conformance.Linux;
using Cluster.Conformance.Stories;
using Cluster.Core.Memory;
using Cluster.Core.Tests.Worlds;
using Cluster.Protocol;

namespace Cluster.Conformance.Futexes;

/// <summary>The address of the memory of a worker, and our capability.</summary>
internal sealed record OpenedWords(long Address, EntityKey Extent, ulong Capability);

/// <summary>Scripts on words of memory that processes share.</summary>
internal sealed class Comparison(bool asRoot) : CrewComparison<Script, OpenedWords>(asRoot, Script.Processes)
{
    private const int Bytes = 4_096, Key = 7;
    private const uint Tids = 0x3fffffff, OwnerDied = 0x40000000;

    // Of linux/futex.h.
    private const int Wait = 0, Wake = 1, Requeue = 3, CmpRequeue = 4, WakeOp = 5, LockPi = 6, UnlockPi = 7, TryLockPi = 8,
        WaitBitset = 9, WakeBitset = 10;

    private readonly string _prefix = $"cluster.futex.{Random.Shared.Next():x}.";
    private int _files;

    protected override WorkerCommand Blocking => WorkerCommand.Futex;

    private string Name => $"{_prefix}{_files}";

    protected override void Prepare(int who)
    {
        var name = Encoding.UTF8.GetBytes("/" + Name);
        var fd = BitConverter.ToInt64(Tell(who, WorkerCommand.ShmOpen, [0x42, 0x1B6], name).Data); // O_RDWR|O_CREAT
        Tell(who, WorkerCommand.ShmTruncate, [fd, Bytes], []);
        var address = BitConverter.ToInt64(Tell(who, WorkerCommand.ShmMap, [fd, Bytes, 0, 1], []).Data);
        Tell(who, WorkerCommand.ShmClose, [fd], []);
        var get = new Call { Get = new Get { Key = Key, Size = Bytes, Flags = IpcFlags.IPC_CREAT | 0x1B6 } };
        var id = Make(who, World.SegmentDirectoryOf(1), get)[^1].Result.Got.Id;
        var own = Make(who, World.SegmentOf(1, id), new Call { Shmat = new ShmAt() })[^1].Result.ShmAttachment;
        Open[who] = [new OpenedWords(address, Extents.KeyOf(1, id, 0), own.Capability)];
    }

    protected override string? Take(Script script, int at, out string text)
    {
        var step = script.Steps[at];
        text = step.ToString();
        if (step is Step.Exit) return Exit(step.Who);
        return IsBlocked(step.Who) ? null : Take(step, Open[step.Who][0]);
    }

    private string? Take(Step step, OpenedWords own)
    {
        switch (step)
        {
            case Step.Store store:
                Tell(step.Who, WorkerCommand.ShmStore, [own.Address + store.Word], BitConverter.GetBytes(store.Value));
                var exchange = new ShmAtomic
                {
                    Capability = own.Capability, Operation = ShmAtomic.Types.Operation.Exchange, Offset = store.Word, Width = 4,
                    Operand = store.Value,
                };
                Make(step.Who, own.Extent, new Call { ShmAtomic = exchange });
                return CompareState(own.Extent);
            case Step.Wait wait:
                return Both(
                    step.Who, own, new FutexCall { Wait = new FutexWait
                    {
                        Offset = wait.Word, Expected = wait.Expected, Bitset = wait.Bitset ?? uint.MaxValue,
                    } },
                    wait.Word, wait.Bitset is null ? Wait : WaitBitset, wait.Expected, third: wait.Bitset ?? 0,
                    isPast: wait.IsPast);
            case Step.Wake wake:
                return Both(
                    step.Who, own, new FutexCall { Wake = new FutexWake
                    {
                        Offset = wake.Word, Count = wake.Count, Bitset = wake.Bitset ?? uint.MaxValue,
                    } },
                    wake.Word, wake.Bitset is null ? Wake : WakeBitset, wake.Count, third: wake.Bitset ?? 0);
            case Step.Requeue requeue:
                return TakeRequeue(requeue, own);
            case Step.WakeOp op:
                var change = new FutexWakeOp
                {
                    Offset = op.Word, To = op.To, Wake = op.Wakes, WakeTo = op.WakesTo, Op = op.Op, Operand = op.Operand,
                    Cmp = op.Cmp, CmpOperand = op.Arg,
                };
                var encoded = (op.Op << 28) | (op.Cmp << 24) | (op.Operand << 12) | op.Arg;
                return Both(
                    step.Who, own, new FutexCall { WakeOp = change }, op.Word, WakeOp, op.Wakes, op.To, encoded, op.WakesTo);
            case Step.Lock wanted:
                var isPast = wanted is { Tries: false, IsPast: true };
                return Both(
                    step.Who, own, new FutexCall { Lock = new FutexLock { Offset = wanted.Word, Tries = wanted.Tries } },
                    wanted.Word, wanted.Tries ? TryLockPi : LockPi, 0, isPast: isPast);
            case Step.Unlock unlock:
                return Both(
                    step.Who, own, new FutexCall { Unlock = new FutexUnlock { Offset = unlock.Word } },
                    unlock.Word, UnlockPi, 0);
            default:
                throw new InvalidOperationException($"no such step: {step}");
        }
    }

    // Where two words share a bucket of the kernel's table, callers keep their places in it: so nobody waits at the other word.
    private string? TakeRequeue(Step.Requeue step, OpenedWords own)
    {
        var all = new FutexWake { Offset = step.To, Count = int.MaxValue, Bitset = uint.MaxValue };
        var requeue = new FutexRequeue { Offset = step.Word, To = step.To, Wake = step.Wakes, Requeue = step.Moves };
        if (step.Expected is { } expected) requeue.Expected = expected;
        return Both(step.Who, own, new FutexCall { Wake = all }, step.To, Wake, int.MaxValue)
            ?? Both(
                step.Who, own, new FutexCall { Requeue = requeue }, step.Word, step.Expected is null ? Requeue : CmpRequeue,
                step.Wakes, step.To, step.Expected ?? 0, step.Moves);
    }

    private string? Both(
        int who, OpenedWords own, FutexCall ours, int word, int operation, long val, int to = 0, long third = 0, long second = 0,
        bool isPast = false)
    {
        ours.Capability = own.Capability;
        var call = new Call { Futex = ours };
        if (isPast) call.TimeoutMs = 0;
        long[] numbers = [own.Address + word, operation, val, isPast ? 1 : 0, own.Address + to, third, second];
        return Both(who, WorkerCommand.Futex, numbers, [], own.Extent, call);
    }

    protected override void UnlinkAll()
    {
        Libc.shm_unlink("/" + Name);
        _files++;
    }

    protected override void Close(int who, OpenedWords opened)
    {
        Tell(who, WorkerCommand.Futex, [0, FutexCalls.Forget, 0, 0, 0, 0, 0], []);
        Tell(who, WorkerCommand.ShmUnmap, [opened.Address, Bytes], []);
    }

    protected override IEnumerable<EntityKey> OpenBy(int who) => Open[who].Select(opened => opened.Extent);

    /// <summary>Compares all words. FUTEX_WAITERS is left out: the kernel leaves it set until the next unlock.</summary>
    protected override string? CompareState(EntityKey target)
    {
        var file = File.ReadAllBytes("/dev/shm/" + Name);
        var who = Enumerable.Range(0, Crew.Size).FirstOrDefault(each => !IsBlocked(each), -1);
        if (who < 0) return null; // nobody can look
        var read = new ShmRead { Capability = Open[who][0].Capability, Length = 512 };
        var bytes = Make(who, target, new Call { ShmRead = read })[^1].Result.ShmBytes;
        var ours = new byte[512];
        bytes.Data.CopyTo(ours, 0);
        foreach (var word in Script.Words.Concat(Script.Targets))
        {
            var (linux, own) = (BitConverter.ToUInt32(file, word), BitConverter.ToUInt32(ours, word));
            if (linux != own) return $"word {word}: ours {own}, Linux {linux}";
        }

        foreach (var word in Script.Locks)
        {
            var linux = Owner(BitConverter.ToUInt32(file, word), tid => Enumerable.Range(0, Crew.Size)
                .FirstOrDefault(each => Crew[each].Pid == tid, -1));
            var own = Owner(BitConverter.ToUInt32(ours, word), WhoIs);
            if (linux != own) return $"lock {word}: ours {own}, Linux {linux}";
        }

        return null;
    }

    private static string Owner(uint word, Func<int, int> whoIs)
    {
        var tid = (int)(word & Tids);
        return (tid == 0 ? "free" : $"p{whoIs(tid)}") + ((word & OwnerDied) != 0 ? " died" : "");
    }

    protected override string Show(WorkerReply reply, WorkerCommand command) => reply.Errno != 0
        ? ((Errno)reply.Errno).ToString()
        : $"ok={(reply.Data.Length == 0 ? 0 : BitConverter.ToInt32(reply.Data))}";

    protected override string Show(Result result) =>
        result.Errno != 0 ? ((Errno)result.Errno).ToString() : $"ok={result.FutexCount?.Count ?? 0}";
}
