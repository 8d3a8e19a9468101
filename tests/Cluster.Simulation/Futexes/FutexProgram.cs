using Cluster.Client.Engine;
using Cluster.Protocol;

namespace Cluster.Simulation.Futexes;

/// <summary>
/// A program that locks and unlocks one robust mutex, waits for its condition, waits and wakes at another word, and perhaps dies.
/// </summary>
internal sealed class FutexProgram : SimulatedProgram
{
    private const int Mutex = 0, Condition = 32, Word = 64;
    private const int CallsAtOnce = 5;
    private static readonly Target Directory = new() { Kind = Kind.Directory, Id = (long)Kind.SharedMemory };

    private readonly LockHistory _history;
    private int? _segment;
    private ulong _capability;
    private ulong _token;
    private LockHistory.Hold? _hold;
    private bool _isLocking; // a call is under way that changes what it has of the mutex

    public FutexProgram(World world, LockHistory history, bool isJudge = false)
        : base(world)
    {
        _history = history;
        Start(Directory, new Call { Get = new Get { Key = 7, Flags = 0x3B6, Size = 4_096 } });
        if (!isJudge) Act(60);
    }

    public bool IsAttached => _capability != 0;

    public bool Holds => _hold is not null;

    /// <summary>Wake-ups that this program has given, as the results say.</summary>
    public int Given { get; private set; }

    /// <summary>Waits that a wake-up has ended.</summary>
    public int Woken { get; private set; }

    /// <summary>Waits and wake-ups of one caller each, whose outcome was lost.</summary>
    public (int Waits, int Wakes) Unknown { get; private set; }

    /// <summary>Whether a call was lost that may have got the mutex.</summary>
    public bool LostLock { get; private set; }

    public void Remove() => Start(Directory, new Call { Remove = new Remove { Id = _segment!.Value } });

    public void Lock() => StartLocking(new FutexCall
    {
        Lock = new FutexLock { Offset = Mutex, Queues = true, Robust = true },
    });

    public void WakeAll() => Futex(new FutexCall
    {
        Wake = new FutexWake { Offset = Word, Count = int.MaxValue, Bitset = uint.MaxValue },
    });

    /// <summary>Unlocks what it has.</summary>
    public void Unlock()
    {
        if (_hold is null || _isLocking || IsDead) return;
        _hold.IsUnlocking = true;
        StartLocking(new FutexCall { Unlock = new FutexUnlock { Offset = Mutex, Token = _token } });
    }

    protected override bool MayCall => IsAttached && Driver.Running.Count < CallsAtOnce;

    protected override bool MayWait(EngineCall call) => call.Body.Futex is { Wait: not null } or { Lock: not null };

    protected override void Do(Random random)
    {
        switch (random.Next(10))
        {
            case < 5 when !_isLocking && _hold is null:
                Lock();
                break;
            case < 3 when !_isLocking:
                Unlock();
                break;
            case < 5 when !_isLocking && _hold is { } hold:
                hold.Waited = true;
                var condition = new FutexCondition { Lock = Mutex, Token = _token };
                StartLocking(
                    new FutexCall { Wait = new FutexWait { Offset = Condition, Bitset = uint.MaxValue, Condition = condition } },
                    random.Next(3_000));
                break;
            case < 6:
                Futex(new FutexCall { Wake = new FutexWake { Offset = Condition, Count = 1, Bitset = uint.MaxValue } });
                break;
            case < 8:
                var wait = new FutexCall { Wait = new FutexWait { Offset = Word, Bitset = uint.MaxValue } };
                Futex(wait, random.Next(2) == 0 ? null : random.Next(2_000));
                break;
            default:
                Futex(new FutexCall { Wake = new FutexWake { Offset = Word, Count = 1, Bitset = uint.MaxValue } });
                break;
        }
    }

    private void StartLocking(FutexCall futex, int? timeoutMs = null)
    {
        _isLocking = true;
        Futex(futex, timeoutMs);
    }

    private void Futex(FutexCall futex, int? timeoutMs = null)
    {
        futex.Capability = _capability;
        var call = new Call { Futex = futex };
        if (timeoutMs is { } limit) call.TimeoutMs = limit;
        Start(new Target { Kind = Kind.Extent, Id = (long)_segment!.Value << 32 }, call);
    }

    protected override void Completed(EngineCall call, Result result)
    {
        var errno = (Errno)result.Errno;
        if (call.Body.Futex is { } futex) Completed(call, futex, result);
        else if (errno is Errno.EINTR or Errno.ENOBUFS) Again(call);
        else if (errno != Errno.None) throw new SimulationException($"{call.Body} failed with {errno}");
        else if (result.Got is { } got)
        {
            _segment = got.Id;
            if (!IsDead) Start(new Target { Kind = Kind.SharedMemory, Id = got.Id }, new Call { Shmat = new ShmAt() });
        }
        else if (result.ShmAttachment is { } own) _capability = own.Capability;
    }

    private void Completed(EngineCall call, FutexCall futex, Result result)
    {
        var errno = (Errno)result.Errno;
        switch (futex.OpCase)
        {
            case FutexCall.OpOneofCase.Lock:
            case FutexCall.OpOneofCase.Wait when futex.Wait.Condition is not null:
                HasLock(futex, result);
                break;
            case FutexCall.OpOneofCase.Recover when errno is Errno.EINTR or Errno.ENOBUFS:
            case FutexCall.OpOneofCase.Unlock when errno is Errno.EINTR or Errno.ENOBUFS:
                Again(call);
                break;
            case FutexCall.OpOneofCase.Recover:
                Is(errno, Errno.None);
                _isLocking = false;
                break;
            case FutexCall.OpOneofCase.Unlock:
                // After an interrupted wait for the condition the mutex may have been given up already.
                if (_hold is { Waited: true }) Is(errno, Errno.None, Errno.EPERM);
                else Is(errno, Errno.None);
                if (_hold is { Waited: false } hold) hold.UnlockedAt = result.Revision;
                (_hold, _isLocking) = (null, false);
                break;
            case FutexCall.OpOneofCase.Wait:
                Is(errno, Errno.None, Errno.EINTR, Errno.ENOBUFS, Errno.ETIMEDOUT);
                if (errno == Errno.None) Woken++;
                break;
            default:
                Is(errno, Errno.None, Errno.EINTR, Errno.ENOBUFS);
                if (errno == Errno.None && futex.Wake.Offset == Word) Given += result.FutexCount.Count;
                break;
        }

        if (IsStopped && !_isLocking) Unlock();
    }

    private void HasLock(FutexCall futex, Result result)
    {
        var errno = (Errno)result.Errno;
        // ETIMEDOUT: no node could be reached in time, and the wait for the condition did not begin.
        if (futex.Wait is not null) Is(errno, Errno.None, Errno.EINTR, Errno.ENOBUFS, Errno.ETIMEDOUT);
        else Is(errno, Errno.None, Errno.EINTR, Errno.ENOBUFS);
        _isLocking = false;
        if (errno != Errno.None)
        {
            if (futex.Wait is not null) Unlock(); // the wait may not have begun
            return;
        }

        var died = result.FutexLocked.OwnerDied;
        (_token, _hold) = (result.Revision, _history.Add(this, result.Revision, died));
        if (died && !IsDead)
            StartLocking(new FutexCall { Recover = new FutexRecover { Offset = Mutex, Token = _token } });
    }

    private static void Is(Errno errno, params ReadOnlySpan<Errno> allowed)
    {
        if (!allowed.Contains(errno)) throw new SimulationException($"a futex call failed with {errno}");
    }

    protected override void Lose(EngineCall call)
    {
        var (waits, wakes) = Unknown;
        switch (call.Body.Futex)
        {
            case { Lock: not null } or { Wait.Condition: not null }:
                LostLock = true;
                break;
            case { Wait: not null }:
                Unknown = (waits + 1, wakes);
                break;
            case { Wake.Offset: Word }:
                Unknown = (waits, wakes + 1);
                break;
        }
    }
}
