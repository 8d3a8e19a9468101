using Cluster.Agent.Wire;

namespace Cluster.Agent.Calls;

/// <summary>shmget(2), shmop(2), shmctl(2).</summary>
internal static class SharedMemoryCalls
{
    private const int SHM_LOCK = 11;
    private const int SHM_UNLOCK = 12;
    private const int SHM_STAT = 13;
    private const int SHM_INFO = 14;
    private const int SHM_STAT_ANY = 15;

    // Placement is the program's matter.
    private const int AttachFlags = IpcFlags.SHM_RDONLY | IpcFlags.SHM_EXEC;

    private const int StatusBytes = 80; // struct ipc_wire_shmid
    private const int SmallestSegment = 1; // SHMMIN
    private const string Name = "shmctl";

    public static readonly SystemVObjects Segments = new(Kind.SharedMemory, "shmget");

    public static async ValueTask<Answer> GetAsync(Caller caller, CallFrame request, CancellationToken cancelled)
    {
        // The size is unsigned. A segment above the address space is ENOMEM, and one above shmmax EINVAL before that.
        var (key, bytes, flags) = (request[0], (ulong)request[1], request[2]);
        var size = (long)Math.Min(bytes, long.MaxValue);
        var answer = await Segments.GetAsync(caller, key, size, flags, cancelled).ConfigureAwait(false);
        if (answer.Value != -(long)Errno.ENOMEM)
            return answer;
        var limits = await SystemVObjects.LimitsAsync(caller, cancelled).ConfigureAwait(false);
        return bytes > limits.Shmmax ? Answer.Fail(Errno.EINVAL) : answer;
    }

    public static async ValueTask<Answer> AttachAsync(Caller caller, CallFrame request, bool byFork)
    {
        var (id, flags) = ((int)request[0], (int)request[1]);
        var (errno, segment, attachment) = await caller.Memory
            .AttachAsync(caller.Realm, id, flags & AttachFlags, caller.Process, caller.ForFiles())
            .ConfigureAwait(false);
        if (attachment is null)
            return Answer.Fail(errno);
        return new Answer(attachment.Number)
        {
            Extra = segment.Bytes,
            Descriptor = byFork ? null : segment.ForProgram(attachment.Own.ReadOnly),
        };
    }

    public static async ValueTask<Answer> DetachAsync(Caller caller, CallFrame request)
    {
        var isDetached = await caller.Memory.DetachAsync(caller.Realm, caller.Process, request[0])
            .ConfigureAwait(false);
        return isDetached ? new Answer(0) : Answer.Fail(Errno.EINVAL);
    }

    public static ValueTask<Answer> ControlAsync(Caller caller, CallFrame request, CancellationToken cancelled)
    {
        var (id, command) = ((int)request[0], (int)request[1]);
        if (id < 0)
            return ValueTask.FromResult(Answer.Fail(Errno.EINVAL));
        ReadOnlyMemory<byte> Structure(Result result) => Write(result.SegmentStat, caller);
        return command switch
        {
            SystemVObjects.IPC_RMID => Segments.RemoveAsync(caller, id, Name, cancelled),
            SystemVObjects.IPC_SET => SetAsync(caller, id, request.Payload, cancelled),
            SystemVObjects.IPC_STAT => Segments.StatAsync(caller, id, Stat(any: false), Name, Structure, cancelled),
            SHM_STAT => Segments.StatByIndexAsync(caller, id, Stat(any: false), Name, Structure, cancelled),
            SHM_STAT_ANY => Segments.StatByIndexAsync(caller, id, Stat(any: true), Name, Structure, cancelled),
            SHM_LOCK or SHM_UNLOCK => LockAsync(caller, id, command == SHM_UNLOCK, cancelled),
            SystemVObjects.IPC_INFO => InfoAsync(caller, cancelled),
            SHM_INFO => UsageAsync(caller, cancelled),
            _ => ValueTask.FromResult(Answer.Fail(Errno.EINVAL)),
        };
    }

    private static ValueTask<Answer> SetAsync(
        Caller caller, int id, ReadOnlyMemory<byte> payload, CancellationToken cancelled)
    {
        if (payload.Length != StatusBytes)
            return ValueTask.FromResult(Answer.Fail(Errno.EINVAL));
        var owner = WireOwner.Read(payload.Span);
        var set = new ShmSet { Uid = owner.Uid, Gid = owner.Gid, Mode = owner.Mode };
        return Segments.RunAsync(caller, id, new Call { Shmset = set }, Name, cancelled);
    }

    private static ValueTask<Answer> LockAsync(Caller caller, int id, bool unlocks, CancellationToken cancelled)
    {
        var call = new Call { Shmlock = new ShmLock { Unlock = unlocks } };
        return Segments.RunAsync(caller, id, call, Name, cancelled);
    }

    /// <summary>IPC_STAT, and with any SHM_STAT_ANY.</summary>
    public static Call Stat(bool any) => new() { Shmstat = new ShmStat { Any = any } };

    // struct ipc_wire_shmid.
    private static ReadOnlyMemory<byte> Write(SegmentStat stat, Caller caller) => new WireWriter(StatusBytes)
        .Permissions(stat.Permissions, stat.Id)
        .Long((long)stat.Segsz).Long(stat.Atime).Long(stat.Dtime).Long(stat.Ctime)
        .Int(caller.Pids.ToLinux(stat.Cpid)).Int(caller.Pids.ToLinux(stat.Lpid)).Long((long)stat.Nattch)
        .Written;

    // struct shminfo: unsigned longs, and four that are not used.
    private static async ValueTask<Answer> InfoAsync(Caller caller, CancellationToken cancelled)
    {
        var limits = await SystemVObjects.LimitsAsync(caller, cancelled).ConfigureAwait(false);
        var count = await Segments.CountAsync(caller, cancelled).ConfigureAwait(false);
        return new Answer(Math.Max(count.HighestIndex, 0))
        {
            Payload = new WireWriter(72)
                .Long((long)limits.Shmmax).Long(SmallestSegment).Long(limits.Shmmni).Long(limits.Shmmni)
                .Long((long)limits.Shmall).Long(0).Long(0).Long(0).Long(0)
                .Written,
        };
    }

    // struct shm_info: an int and five unsigned longs. Pages count as resident, none is swapped.
    private static async ValueTask<Answer> UsageAsync(Caller caller, CancellationToken cancelled)
    {
        var count = await Segments.CountAsync(caller, cancelled).ConfigureAwait(false);
        return new Answer(Math.Max(count.HighestIndex, 0))
        {
            Payload = new WireWriter(48)
                .Int(count.Objects).Int(0).Long(count.Units).Long(count.Units).Long(0).Long(0).Long(0)
                .Written,
        };
    }
}
