using Cluster.Core.Machines;
using Cluster.Core.Memory;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Tests.Replay;

/// <summary>
/// POSIX objects and their extents under inputs that no cluster would give them: answers late and twice, sizes and removals
/// at any moment, exits and refusals. The state stays what the journal says, and every call has one outcome.
/// </summary>
public sealed class PosixSharedMemoryReplayTests
{
    private static readonly EntityKey Key = new() { Kind = Kind.PosixSharedMemory, Namespace = 1, Id = 3 };
    private static readonly ByteString Secret = ByteString.CopyFrom(new byte[16]);
    private static readonly long[] Lengths = [0, 4_096, 262_144, 262_145, 600_000, 3_000_000, -1];

    private static readonly ExecutorOptions Small =
        new() { SnapshotAfterBytes = 300, SnapshotAfterTimes = 1, SnapshotPartBytes = 50 };

    private static readonly ExecutorOptions Never = new() { SnapshotAfterBytes = long.MaxValue };

    public static TheoryData<int, bool, bool> Runs() => new()
    {
        { 1, true, false }, { 2, true, false }, { 3, true, true }, { 4, false, false }, { 5, false, true },
    };

    [Theory]
    [MemberData(nameof(Runs))]
    public void An_object_is_the_state_of_its_journal(int seed, bool snapshots, bool isVolatile) =>
        Run(seed, number => new EntityRun(number, Key, snapshots ? Small : Never)
        {
            NewCall = NewObjectCall,
            NewRequest = NewObjectRequest,
            NewReply = (random, request) => request.Claim is null || random.Next(50) == 0
                ? new Reply { Errno = request.Claim is null ? 0 : (int)Errno.EINVAL }
                : new Reply { Claimed = new Claimed { Entry = NewEntry(isVolatile) } },
        });

    [Theory]
    [MemberData(nameof(Runs))]
    public void An_extent_is_the_state_of_its_journal(int seed, bool snapshots, bool isVolatile) =>
        Run(seed, number => new EntityRun(number, Extents.KeyOf(Key, 1), snapshots ? Small : Never)
        {
            NewCall = NewExtentCall,
            NewRequest = NewExtentRequest,
            NewReply = (random, _) => random.Next(20) switch
            {
                0 => new Reply { Errno = (int)Errno.EIDRM },
                < 6 => new Reply { Errno = (int)Errno.EFAULT },
                _ => new Reply
                {
                    ExtentOpened = new ExtentOpened
                    {
                        Secret = Secret, Size = (ulong)random.Next(300_000), Version = (ulong)random.Next(9),
                        Volatile = isVolatile,
                    },
                },
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
                    throw new InvalidOperationException(
                        $"seed {seed}, turn {turn}, step {step}: {cause.Message}", cause);
                }
            }
        }
    }

    private static DirectoryEntry NewEntry(bool isVolatile) => new()
    {
        Id = 3, Permissions = new Permissions { Uid = 1000, Mode = 0x1B6 }, Creator = 2, CreatorSeq = 1, Volatile = isVolatile,
    };

    private static Call NewObjectCall(Random random)
    {
        var number = random.Next(1, 9);
        return random.Next(12) switch
        {
            < 3 => Description(new() { Open = new DescriptionOpen { Flags = Pick(random, [0, 1, 2, 2, 2, 0x200]) } }),
            3 => Description(new() { Close = new DescriptionClose { Number = number } }),
            4 => Description(new() { Share = new DescriptionShare { Number = number, Pid = random.Next(2, 8) } }),
            < 9 => Memory(new()
            {
                Truncate = new PosixSharedMemoryTruncate
                {
                    Description = number, Length = Pick(random, Lengths), Grows = random.Next(3) == 0,
                },
            }),
            9 => Memory(new()
            {
                Map = new PosixSharedMemoryMap { Description = number, Length = 4_096, Writes = random.Next(2) == 0 },
            }),
            10 => Memory(new() { Unmap = new PosixSharedMemoryUnmap { Mapping = random.Next(1, 9) } }),
            _ => Memory(new() { Access = new PosixSharedMemoryAccess { Description = number } }),
        };
    }

    private static Call Description(DescriptionCall call) => new() { Description = call };

    private static Call Memory(PosixSharedMemoryCall call) => new() { PosixSharedMemory = call };

    private static Request NewObjectRequest(Random random) => random.Next(40) switch
    {
        0 => new Request { DestroyObject = new DestroyObject() },
        < 3 => new Request { DestroyObject = new DestroyObject { Credentials = new Credentials { Uid = 1000 } } },
        < 6 => new Request { ForgetObject = new ForgetObject() },
        _ => new Request
        {
            OpenExtent = new OpenExtent
            {
                Index = random.Next(0, 14), Incarnation = (ulong)random.Next(1, 3), Create = random.Next(2) == 0,
            },
        },
    };

    private static Request NewExtentRequest(Random random) => random.Next(20) switch
    {
        0 => new Request { DestroyExtent = new DestroyExtent() },
        _ => new Request
        {
            ResizeExtent = new ResizeExtent { Size = (ulong)random.Next(600_000), Version = (ulong)random.Next(20) },
        },
    };

    private static Call NewExtentCall(Random random)
    {
        var capability = Capability.Of(Secret, random.Next(2, 8), writes: true);
        var offset = random.Next(-1, 38_000);
        return random.Next(4) switch
        {
            0 => new Call
            {
                ShmRead = new ShmRead
                {
                    Capability = capability, Offset = offset, Length = random.Next(-1, 50), Partial = random.Next(2) == 0,
                },
            },
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

    private static T Pick<T>(Random random, T[] all) => all[random.Next(all.Length)];
}
