using Cluster.Core.Machines;
using Cluster.Core.Memory;
using Cluster.Core.Tests.Worlds;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Tests.Replay;

/// <summary>
/// Segments and extents under inputs that no cluster would give them: answers late and twice, removals of what is used,
/// exits and refusals at any moment. The state stays what the journal says, and every call has one outcome.
/// </summary>
public sealed class SharedMemoryReplayTests
{
    private const int Shmid = 3;

    private static readonly ByteString Secret = ByteString.CopyFrom(new byte[16]);

    private static readonly ExecutorOptions Small =
        new() { SnapshotAfterBytes = 300, SnapshotAfterTimes = 1, SnapshotPartBytes = 50 };

    private static readonly ExecutorOptions Never = new() { SnapshotAfterBytes = long.MaxValue };

    public static TheoryData<int, bool, bool> Runs() => new()
    {
        { 1, true, false }, { 2, true, false }, { 3, true, true }, { 4, false, false }, { 5, false, true },
    };

    [Theory]
    [MemberData(nameof(Runs))]
    public void A_segment_is_the_state_of_its_journal(int seed, bool snapshots, bool isVolatile) =>
        Run(seed, number => new EntityRun(
            number, World.SegmentOf(1, Shmid), snapshots ? Small : Never)
        {
            NewCall = NewSegmentCall,
            NewRequest = NewSegmentRequest,
            NewReply = (random, request) => request.Claim is null || random.Next(50) == 0
                ? new Reply { Errno = request.Claim is null ? 0 : (int)Errno.EINVAL }
                : new Reply { Claimed = new Claimed { Entry = NewEntry(isVolatile) } },
        });

    [Theory]
    [MemberData(nameof(Runs))]
    public void An_extent_is_the_state_of_its_journal(int seed, bool snapshots, bool isVolatile) =>
        Run(seed, number => new EntityRun(
            number, Extents.KeyOf(1, Shmid, 1), snapshots ? Small : Never)
        {
            NewCall = NewExtentCall,
            NewRequest = random => random.Next(20) == 0
                ? new Request { DestroyExtent = new DestroyExtent() }
                : new Request { OpenExtent = new OpenExtent() }, // not its business
            NewReply = (random, _) => random.Next(50) == 0
                ? new Reply { Errno = (int)Errno.EIDRM }
                : new Reply
                {
                    ExtentOpened = new ExtentOpened { Secret = Secret, Size = 300_000, Volatile = isVolatile },
                },
        });

    private static void Run(int seed, Func<int, EntityRun> start)
    {
        for (var turn = 0; turn < 10; turn++)
        {
            var run = start(seed * 100 + turn);
            for (var step = 0; step < 300; step++)
            {
                try
                {
                    run.Step(fromStart: step % 10 == 0);
                }
                catch (Exception cause)
                {
                    var where = $"seed {seed}, turn {turn}, step {step}";
                    throw new InvalidOperationException($"{where}: {cause.Message}", cause);
                }
            }
        }
    }

    private static DirectoryEntry NewEntry(bool isVolatile) => new()
    {
        Id = Shmid,
        Permissions = new Permissions { Key = 7, Uid = 1000, Cuid = 1000, Mode = 0x1B6 },
        InitialSize = 3_000_000,
        Creator = 2,
        Volatile = isVolatile,
    };

    private static Call NewSegmentCall(Random random) => random.Next(10) switch
    {
        < 4 => new Call { Shmat = new ShmAt { Flags = random.Next(2) * IpcFlags.SHM_RDONLY } },
        < 7 => new Call { Shmdt = new ShmDt { Attachment = random.Next(1, 20) } },
        7 => new Call { Shmlock = new ShmLock { Unlock = random.Next(2) == 0 } },
        8 => new Call { Shmset = new ShmSet { Uid = 1000, Gid = 5, Mode = 0x1B6 } },
        _ => new Call { Shmstat = new ShmStat() },
    };

    private static Request NewSegmentRequest(Random random) => random.Next(40) switch
    {
        0 => new Request { DestroyObject = new DestroyObject() },
        < 5 => new Request { DestroyObject = new DestroyObject { Credentials = new Credentials { Uid = 1000 } } },
        < 8 => new Request { ForgetObject = new ForgetObject() },
        _ => new Request
        {
            OpenExtent = new OpenExtent
            {
                Index = random.Next(-1, 14), Incarnation = (ulong)random.Next(1, 3), Create = random.Next(2) == 0,
            },
        },
    };

    private static Call NewExtentCall(Random random)
    {
        var capability = Capability.Of(Secret, random.Next(2, 8), writes: true);
        var offset = random.Next(-1, 38_000);
        return random.Next(3) switch
        {
            0 => new Call { ShmRead = new ShmRead { Capability = capability, Offset = offset, Length = 50 } },
            1 => new Call
            {
                ShmWrite = new ShmWrite
                {
                    Capability = capability, Offset = offset, Data = ByteString.CopyFrom(1, 2, (byte)random.Next(9)),
                },
            },
            _ => new Call
            {
                ShmAtomic = new ShmAtomic
                {
                    Capability = capability,
                    Operation = (ShmAtomic.Types.Operation)random.Next(7),
                    Offset = offset & ~7,
                    Width = 8,
                    Operand = (ulong)random.Next(5),
                },
            },
        };
    }
}
