using Cluster.Client.Connection;
using Cluster.Protocol;

namespace Cluster.Client;

internal sealed class SemaphoreSet(IpcConnection connection, int id)
    : ObjectHandle<SemaphoreSetStat, PermissionsChange>(connection, Words, id), ISemaphoreSet
{
    public static readonly ObjectWords Words = new(Kind.SemaphoreSet, "sem");

    public async ValueTask<ulong> OperateAsync(
        IReadOnlyList<SemaphoreOperation> operations,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default)
    {
        var grant = await BeginAsync(operations, timeout, cancellationToken).ConfigureAwait(false);
        return grant.Taken ? grant.Revision : throw NotTaken(operations, timeout);
    }

    public async ValueTask<ulong?> TryOperateAsync(
        IReadOnlyList<SemaphoreOperation> operations, CancellationToken cancellationToken = default) =>
        Revision(await BeginAsync(NoWait(operations), null, cancellationToken).ConfigureAwait(false));

    public async ValueTask<ulong?> TryOperateAsync(
        IReadOnlyList<SemaphoreOperation> operations,
        TimeSpan timeout,
        CancellationToken cancellationToken = default) =>
        Revision(await BeginAsync(operations, timeout, cancellationToken).ConfigureAwait(false));

    public async ValueTask<SemaphorePermit> AcquireAsync(
        int number = 0, int count = 1, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var take = Take(number, count);
        var grant = await BeginAsync(take, timeout, cancellationToken).ConfigureAwait(false);
        return Permit(GiveBack(number, count), grant) ?? throw NotTaken(take, timeout);
    }

    public async ValueTask<SemaphorePermit?> TryAcquireAsync(
        int number = 0, int count = 1, CancellationToken cancellationToken = default)
    {
        var grant = await BeginAsync(NoWait(Take(number, count)), null, cancellationToken).ConfigureAwait(false);
        return Permit(GiveBack(number, count), grant);
    }

    public async ValueTask<SemaphorePermit?> TryAcquireAsync(
        TimeSpan timeout, int number = 0, int count = 1, CancellationToken cancellationToken = default)
    {
        var grant = await BeginAsync(Take(number, count), timeout, cancellationToken).ConfigureAwait(false);
        return Permit(GiveBack(number, count), grant);
    }

    public async ValueTask<SemaphorePermit> LockAsync(
        int number = 0, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var take = TakeLock(number);
        var grant = await BeginAsync(take, timeout, cancellationToken, passes: true).ConfigureAwait(false);
        return Permit(Unlock(number), grant) ?? throw NotTaken(take, timeout);
    }

    public async ValueTask<SemaphorePermit?> TryLockAsync(
        int number = 0, CancellationToken cancellationToken = default)
    {
        var grant = await BeginAsync(NoWait(TakeLock(number)), null, cancellationToken, passes: true)
            .ConfigureAwait(false);
        return Permit(Unlock(number), grant);
    }

    public async ValueTask<SemaphorePermit?> TryLockAsync(
        TimeSpan timeout, int number = 0, CancellationToken cancellationToken = default)
    {
        var grant = await BeginAsync(TakeLock(number), timeout, cancellationToken, passes: true)
            .ConfigureAwait(false);
        return Permit(Unlock(number), grant);
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

    public async Task<IReadOnlyList<SemaphoreState>> PeekAsync(CancellationToken cancellationToken = default)
    {
        var call = new Call { Semquery = new SemQuery { Question = SemQuestion.All } };
        var result = await CallAsync(call, "semctl(GETALL)", cancellationToken).ConfigureAwait(false);
        return SemaphoreState.From(result.SemValues);
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

    /// <summary>
    /// Gives back what was taken; a lock perhaps to the next caller of this process. EAGAIN, of a lock that was broken,
    /// is no failure: there is nothing to give back.
    /// </summary>
    internal async ValueTask ReleaseAsync(SemaphoreOperation release, Grant grant) =>
        await BeginAsync([release], null, CancellationToken.None, of: grant).ConfigureAwait(false);

    protected override Call StatCall(bool any) => new() { Semstat = new SemStat { Any = any } };

    protected override SemaphoreSetStat ToStat(Result result) => SemaphoreSetStat.From(result.SetStat);

    protected override Call SetCall(PermissionsChange change)
    {
        var (uid, gid, mode, patch) = Members(change);
        return new Call { Semset = new SemSet { Uid = uid, Gid = gid, Mode = mode, Patch = patch } };
    }

    // The release of a lock is valid since its acquisition only: SETVAL may have given the lock to another process.
    private static ulong SinceWhen(IReadOnlyList<SemaphoreOperation> operations, Grant grant) =>
        grant.Taken && operations is [{ Amount: < 0 }] ? grant.Revision : 0;

    /// <summary>semop(2). A grant that is not taken: EAGAIN.</summary>
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
            semop.Ops.Add(new SemBuf { Num = (uint)number, Op = amount, Flags = (int)flags });
        var call = Connection.Begin(
            new CallRequest(Target, new Call { Semop = semop }, "semop", timeout, cancellationToken)
            {
                Soft = Errno.EAGAIN, Of = of,
            });
        try
        {
            return await new ValueTask<Grant>(call, call.Version).ConfigureAwait(false);
        }
        catch (IpcTimeoutException)
        {
            return default; // No node could be reached in time. semtimedop(2) has one errno for all time-outs.
        }
    }

    private async Task<int> AskAsync(SemQuestion question, int number, string name, CancellationToken cancellationToken)
    {
        var call = new Call { Semquery = new SemQuery { Question = question, Num = number } };
        var result = await CallAsync(call, name, cancellationToken).ConfigureAwait(false);
        return result.SemNumber;
    }

    private SemaphorePermit? Permit(SemaphoreOperation release, Grant grant) =>
        grant.Taken ? new SemaphorePermit(Connection, grant, held => ReleaseAsync(release, held)) : null;

    private static ulong? Revision(Grant grant) => grant.Taken ? grant.Revision : null;

    // One errno for two reasons. With IPC_NOWAIT the call may not have waited at all.
    private static Exception NotTaken(IReadOnlyList<SemaphoreOperation> operations, TimeSpan? timeout) =>
        timeout is null || operations.Any(operation => (operation.Flags & SemFlags.NoWait) != 0)
            ? new IpcException(Errno.EAGAIN, "semop")
            : new IpcTimeoutException(Errno.EAGAIN, "semop");

    private static SemaphoreOperation[] NoWait(IReadOnlyList<SemaphoreOperation> operations)
    {
        ArgumentNullException.ThrowIfNull(operations);
        return [.. operations.Select(NoWait)];
    }

    private static SemaphoreOperation NoWait(SemaphoreOperation operation) =>
        operation with { Flags = operation.Flags | SemFlags.NoWait };

    private static SemaphoreOperation[] Take(int number, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return [new SemaphoreOperation(number, -count, SemFlags.Undo)];
    }

    private static SemaphoreOperation GiveBack(int number, int count) => new(number, count, SemFlags.Undo);

    private static SemaphoreOperation[] TakeLock(int number) => [new(number, 0), new(number, 1, SemFlags.Undo)];

    // Without waiting: SETVAL or SETALL may have broken the lock, and then there is nothing to unlock.
    private static SemaphoreOperation Unlock(int number) => NoWait(new SemaphoreOperation(number, -1, SemFlags.Undo));
}
