using Cluster.Protocol;

namespace Cluster.Core.Tests.Model.Futexes;

/// <content>Locks: who has them, and who may have them.</content>
public sealed partial class FutexModel
{
    // ---- locks ----

    private string? Lock(int pid, ulong seq, FutexCall call, long deadline, bool now)
    {
        var wanted = call.Lock;
        var (offset, word) = (wanted.Offset, Word(wanted.Offset));
        if (word == Lost) return "ENOTRECOVERABLE";
        if (!Known(offset) && (IsContended(offset) || (word & Tids) == Tids)) return "EINVAL";
        if (!Known(offset) && _exited.Contains(Tid(offset))) return "ESRCH";
        var owners = Known(offset) ? _owners.GetValueOrDefault(offset) ?? [] : Believed(offset);
        var free = owners.Count == 0 || (wanted.Shared && owners[0].Shared);
        var isBehind = _sleepers.Exists(each =>
            each.Locks && each.Wanted.Offset == offset && (each.Wanted.First || !wanted.First));
        if (free && !isBehind)
        {
            if (!Known(offset)) _owners.Remove(offset);
            return Take(pid, seq, wanted);
        }

        if (At(offset, barriers: true).Any()) return "EINVAL";
        if (!wanted.Queues && (owners.Exists(own => own.Pid == pid) || (!wanted.Tries && IsCycle(offset, pid, []))))
            return "EDEADLK";
        if (wanted.Tries) return "EAGAIN";
        if (now) return "ETIMEDOUT";
        if (!Known(offset)) _owners[offset] = owners;
        _sleepers.Add(new Sleeper(pid, seq, call, deadline, [offset]));
        Words[offset] = word | Contended;
        return null;
    }

    private string Unlock(int pid, FutexUnlock unlock)
    {
        if (Has(pid, unlock.Offset, unlock.Token) is null) return "EPERM";
        Free(pid, unlock.Offset, unlock.Token);
        Settle();
        return "ok";
    }

    private string Recover(int pid, FutexRecover recover)
    {
        if (Has(pid, recover.Offset, recover.Token) is not { Shared: false }) return "EPERM";
        if ((Word(recover.Offset) & Died) == 0) return "EINVAL";
        Words[recover.Offset] &= ~Died;
        return "ok";
    }

    private string Take(int pid, ulong seq, FutexLock wanted, bool timedOut = false)
    {
        var died = (Word(wanted.Offset) & Died) != 0;
        if (!_owners.TryGetValue(wanted.Offset, out var owners)) _owners.Add(wanted.Offset, owners = []);
        owners.Add(new Owner(pid, seq, wanted.Shared, wanted.Robust));
        Rewrite(wanted.Offset, wasKnown: true);
        return $"locked{(died ? " died" : "")}{(timedOut ? " late" : "")}";
    }

    private void Free(int pid, int offset, ulong token)
    {
        var owner = Has(pid, offset, token)!;
        if (!Known(offset)) _owners.Remove(offset);
        _owners.GetValueOrDefault(offset)?.Remove(owner);
        var isLost = (Word(offset) & Died) != 0 && owner is { Robust: true, Shared: false };
        if (!owner.Shared) Words[offset] &= ~Died;
        if (isLost) Words[offset] = Lost;
        else Rewrite(offset, wasKnown: true);
    }

    private Owner? Has(int pid, int offset, ulong seq)
    {
        if (Known(offset))
            return _owners.GetValueOrDefault(offset)?.Find(own => own.Pid == pid && (seq == 0 || own.Seq == seq));
        return IsContended(offset) || seq != 0 ? null : Believed(offset).Find(own => own.Pid == pid);
    }

    // Without waiters the word says who the owner is.
    private List<Owner> Believed(int offset) =>
        Tid(offset) is var tid && tid != 0 && tid != (int)Tids ? [new Owner(tid, 0, false, false)] : [];

    private bool Known(int offset) => Tid(offset) == OwnerTid(offset);

    private int OwnerTid(int offset) => _owners.GetValueOrDefault(offset) is { Count: > 0 } own
        ? own[0].Shared ? (int)Tids : own[0].Pid
        : 0;

    private int Tid(int offset) => (int)(Word(offset) & Tids);

    private void Rewrite(int offset, bool wasKnown)
    {
        if (Word(offset) != Lost && wasKnown)
            Words[offset] = (uint)OwnerTid(offset) | (Word(offset) & Died) | (IsContended(offset) ? Contended : 0);
        if (_owners.GetValueOrDefault(offset) is { Count: 0 }) _owners.Remove(offset);
    }

    private bool IsCycle(int offset, int pid, HashSet<int> seen) =>
        seen.Add(offset) && (_owners.GetValueOrDefault(offset) ?? []).Exists(own => own.Pid == pid
            || _sleepers.Where(each => each.Pid == own.Pid && each.Locks && !each.Wanted.Queues)
                .Any(each => IsCycle(each.Wanted.Offset, pid, seen)));
}
