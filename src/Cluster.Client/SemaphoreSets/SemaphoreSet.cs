using Cluster.Client.Connection;
using Cluster.Protocol;

namespace Cluster.Client;

internal sealed class SemaphoreSet(IpcConnection connection, int id) : ISemaphoreSet
{
    internal static readonly Target Directory = new() { Kind = Kind.Directory, Id = (int)Kind.SemaphoreSet };

    private readonly Target _target = new() { Kind = Kind.SemaphoreSet, Id = id };

    public int Id => id;

    public async ValueTask<ulong> OperateAsync(
        IReadOnlyList<SemaphoreOperation> operations,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default) =>
        Revision(await BeginAsync(operations, timeout, cancellationToken).ConfigureAwait(false));

    public async ValueTask<ulong?> TryOperateAsync(
        IReadOnlyList<SemaphoreOperation> operations,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default)
    {
        var grant = await TryAsync(operations, timeout, cancellationToken).ConfigureAwait(false);
        return grant.Taken ? grant.Revision : null;
    }

    public async ValueTask<SemaphorePermit> AcquireAsync(
        int number = 0, int count = 1, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var grant = await BeginAsync(Take(number, count), timeout, cancellationToken).ConfigureAwait(false);
        return Permit(number, count, grant);
    }

    public async ValueTask<SemaphorePermit?> TryAcquireAsync(
        int number = 0, int count = 1, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var grant = await TryAsync(Take(number, count), timeout, cancellationToken).ConfigureAwait(false);
        return grant.Taken ? Permit(number, count, grant) : null;
    }

    public async ValueTask<SemaphorePermit> LockAsync(
        int number = 0, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        SemaphoreOperation[] operations = [new(number, 0), new(number, 1, IpcFlags.SEM_UNDO)];
        var grant = await BeginAsync(operations, timeout, cancellationToken, passes: true).ConfigureAwait(false);

        // Whoever breaks the lock (SETVAL, SETALL) leaves nothing to unlock: it is somebody else's, or nobody's.
        return Permit(NoWait(new SemaphoreOperation(number, -1, IpcFlags.SEM_UNDO)), grant);
    }

    public Task<int> GetValueAsync(int number, CancellationToken cancellationToken = default) =>
        AskAsync(SemQuestion.Value, number, "semctl(GETVAL)", cancellationToken);

    public Task<int> GetPidAsync(int number, CancellationToken cancellationToken = default) =>
        AskAsync(SemQuestion.Pid, number, "semctl(GETPID)", cancellationToken);

    public Task<int> GetIncreaseCountAsync(int number, CancellationToken cancellationToken = default) =>
        AskAsync(SemQuestion.IncreaseCount, number, "semctl(GETNCNT)", cancellationToken);

    public Task<int> GetZeroCountAsync(int number, CancellationToken cancellationToken = default) =>
        AskAsync(SemQuestion.ZeroCount, number, "semctl(GETZCNT)", cancellationToken);

    public async Task<IReadOnlyList<int>> GetAllAsync(CancellationToken cancellationToken = default)
    {
        var call = new Call { Semquery = new SemQuery { Question = SemQuestion.AllValues } };
        var result = await CallAsync(call, "semctl(GETALL)", cancellationToken).ConfigureAwait(false);
        return [.. result.SemValues.Values.Select(value => (int)value)];
    }

    public async Task<SemValues> LookAsync(CancellationToken cancellationToken = default)
    {
        var call = new Call { Semquery = new SemQuery { Question = SemQuestion.All } };
        var result = await CallAsync(call, "semctl(GETALL)", cancellationToken).ConfigureAwait(false);
        return result.SemValues;
    }

    public async Task SetValueAsync(int number, int value, CancellationToken cancellationToken = default)
    {
        var call = new Call { Semsetval = new SemSetVal { Num = number, Value = value } };
        await CallAsync(call, "semctl(SETVAL)", cancellationToken).ConfigureAwait(false);
    }

    public async Task SetAllAsync(IReadOnlyList<int> values, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        var all = new SemSetAll();
        all.Values.AddRange(values.Select(value => (uint)value)); // a negative one is too big then: ERANGE
        await CallAsync(new Call { Semsetall = all }, "semctl(SETALL)", cancellationToken).ConfigureAwait(false);
    }

    public async Task<SetStat> StatAsync(bool any = false, CancellationToken cancellationToken = default)
    {
        var call = new Call { Semstat = new SemStat { Any = any } };
        var name = any ? "semctl(SEM_STAT_ANY)" : "semctl(IPC_STAT)";
        var result = await CallAsync(call, name, cancellationToken).ConfigureAwait(false);
        return result.SetStat;
    }

    public async Task SetAsync(uint uid, uint gid, int mode, CancellationToken cancellationToken = default)
    {
        var set = new SemSet { Uid = uid, Gid = gid, Mode = (uint)(mode & IpcFlags.ModeBits) };
        await CallAsync(new Call { Semset = set }, "semctl(IPC_SET)", cancellationToken).ConfigureAwait(false);
    }

    public async Task RemoveAsync(CancellationToken cancellationToken = default)
    {
        var call = new Call { Remove = new Remove { Id = id } };
        await connection.CallAsync(Directory, call, "semctl(IPC_RMID)", cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asks the object whether the process may have what the mode bits of flags ask for.</summary>
    internal async Task AccessAsync(int flags, CancellationToken cancellationToken)
    {
        var call = new Call { Access = new Access { Flags = flags } };
        await CallAsync(call, "semget", cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Gives back what was taken; a lock perhaps to the next caller of this process. EAGAIN, of one that was broken, is
    /// no failure: there is nothing to give back.
    /// </summary>
    internal async ValueTask ReleaseAsync(SemaphoreOperation release, Grant grant) =>
        await BeginAsync([release], null, CancellationToken.None, of: grant).ConfigureAwait(false);

    // What is given back of a lock, and nothing else, is what this has now: SETVAL may have made it another one's.
    private static ulong SinceWhen(IReadOnlyList<SemaphoreOperation> operations, Grant grant) =>
        grant.Taken && operations is [{ Amount: < 0 }] ? grant.Revision : 0;

    private ValueTask<Grant> TryAsync(
        IReadOnlyList<SemaphoreOperation> operations, TimeSpan? timeout, CancellationToken cancellationToken) =>
        timeout is null
            ? BeginAsync([.. operations.Select(NoWait)], null, cancellationToken)
            : BeginAsync(operations, timeout, cancellationToken);

    /// <summary>semop(2); nothing taken: EAGAIN.</summary>
    private async ValueTask<Grant> BeginAsync(
        IReadOnlyList<SemaphoreOperation> operations,
        TimeSpan? timeout,
        CancellationToken cancellationToken,
        bool passes = false,
        Grant of = default)
    {
        ArgumentNullException.ThrowIfNull(operations);
        var semop = new SemOp { Passes = passes, Since = SinceWhen(operations, of) };
        foreach (var (number, amount, flags) in operations)
            semop.Ops.Add(new SemBuf { Num = (uint)number, Op = amount, Flags = flags });
        var call = connection.Begin(
            _target, new Call { Semop = semop }, "semop", timeout, cancellationToken, Errno.EAGAIN,
            of: of);
        try
        {
            return await new ValueTask<Grant>(call, call.Version).ConfigureAwait(false);
        }
        catch (IpcException exception) when (exception.Errno == Errno.ETIMEDOUT)
        {
            return default; // no node could be reached in time: semtimedop(2) has one errno for all that is late
        }
    }

    private async Task<int> AskAsync(SemQuestion question, int number, string name, CancellationToken cancellationToken)
    {
        var call = new Call { Semquery = new SemQuery { Question = question, Num = number } };
        var result = await CallAsync(call, name, cancellationToken).ConfigureAwait(false);
        return result.SemNumber;
    }

    private ValueTask<Result> CallAsync(Call call, string name, CancellationToken cancellationToken) =>
        connection.CallAsync(_target, call, name, cancellationToken);

    private SemaphorePermit Permit(int number, int count, Grant grant) =>
        Permit(new SemaphoreOperation(number, count, IpcFlags.SEM_UNDO), grant);

    private SemaphorePermit Permit(SemaphoreOperation release, Grant grant) =>
        new(this, release, grant, Revision(grant));

    private static ulong Revision(Grant grant) =>
        grant.Taken ? grant.Revision : throw new IpcException(Errno.EAGAIN, "semop");

    private static SemaphoreOperation NoWait(SemaphoreOperation operation) =>
        operation with { Flags = operation.Flags | IpcFlags.IPC_NOWAIT };

    private static SemaphoreOperation[] Take(int number, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return [new SemaphoreOperation(number, -count, IpcFlags.SEM_UNDO)];
    }
}
