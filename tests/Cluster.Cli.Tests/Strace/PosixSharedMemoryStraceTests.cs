using Cluster.Cli.Tracing;
using Cluster.Protocol;
using Google.Protobuf;
using static Cluster.Cli.Tests.Strace.TracedCalls;

namespace Cluster.Cli.Tests.Strace;

/// <summary>Calls on POSIX shared memory objects, in the notation of strace.</summary>
public sealed class PosixSharedMemoryStraceTests
{
    private static readonly Target Object = new() { Kind = Kind.PosixSharedMemory, Id = 4 };
    private static readonly Target Extent = new() { Kind = Kind.PosixExtent, Id = (4L << 32) | 1 };

    [Fact]
    public void An_open_has_no_size()
    {
        var get = new Get { Name = "/s", Flags = IpcFlags.IPC_CREAT | IpcFlags.IPC_EXCL, Mode = 0x180 };
        Is("shm_open(\"/s\", O_CREAT|O_EXCL, 0600) = 4 (id)",
            Directory(Kind.PosixSharedMemory), new Call { Get = get }, new Result { Id = 4 });
        Is("shm_open(/* 4 */, O_RDWR|O_TRUNC) = 3",
            Object, new Call { Description = new DescriptionCall { Open = new DescriptionOpen { Flags = 0x202 } } },
            new Result { DescriptionOpened = new DescriptionOpened { Number = 3 } });
        Is("shm_unlink(\"/s\") = -1 ENOENT (No such file or directory)",
            Directory(Kind.PosixSharedMemory), new Call { Remove = new Remove { Name = "/s" } },
            new Result { Errno = (int)Errno.ENOENT });
    }

    [Fact]
    public void Sizes_and_mappings()
    {
        var truncate = new PosixSharedMemoryTruncate { Description = 3, Length = 4_096 };
        Is("ftruncate(3, 4096) = 0",
            Object, Of(new PosixSharedMemoryCall { Truncate = truncate }), new Result());
        truncate.Grows = true;
        Is("ftruncate(3, 4096 /* grows */) = -1 EFBIG (File too large)",
            Object, Of(new PosixSharedMemoryCall { Truncate = truncate }), new Result { Errno = (int)Errno.EFBIG });
        var map = new PosixSharedMemoryMap { Description = 3, Length = 100, Writes = true };
        var mapped = new Result { ShmAttachment = new ShmAttachment { Id = 1 } };
        Is("mmap(NULL, 100, PROT_READ|PROT_WRITE, MAP_SHARED, 3, 0) = 0x1",
            Object, Of(new PosixSharedMemoryCall { Map = map }), mapped);
        (map.Writes, map.Offset) = (false, 4_096);
        Is("mmap(NULL, 100, PROT_READ, MAP_SHARED, 3, 0x1000) = -1 EACCES (Permission denied)",
            Object, Of(new PosixSharedMemoryCall { Map = map }), new Result { Errno = (int)Errno.EACCES });
        Is("munmap(/* 4 */ 0x1) = 0",
            Object, Of(new PosixSharedMemoryCall { Unmap = new PosixSharedMemoryUnmap { Mapping = 1 } }), new Result());
        Is("shm_access(3) = 0",
            Object, Of(new PosixSharedMemoryCall { Access = new PosixSharedMemoryAccess { Description = 3 } }),
            new Result());
    }

    [Fact]
    public void Bytes_are_read_and_written_at_the_extents()
    {
        var text = ByteString.CopyFromUtf8("ab");
        Is("pwrite64(/* 4 */, \"ab\", 2, 262160) = 2",
            Extent, new Call { ShmWrite = new ShmWrite { Offset = 16, Data = text } }, new Result(), 2);
        var read = new ShmRead { Length = 4_096, Partial = true };
        var bytes = new Result { ShmBytes = new ShmBytes { Data = text, Length = 2 } };
        Is("pread64(/* 4 */, \"ab\", 4096, 262144) = 2", Extent, new Call { ShmRead = read }, bytes, 0);
        read.Partial = false; // through a mapping
        Is("shm_read(4, \"ab\", 4096, 0x40000) = 2", Extent, new Call { ShmRead = read }, bytes, 0);
    }

    private static Call Of(PosixSharedMemoryCall call) => new() { PosixSharedMemory = call };

    private static void Is(string expected, Target target, Call call, Result result, long callLength = 0)
    {
        var traced = Done(target, call, result, callLength).Completed;
        var (name, before, filled, after, value) = StraceCall.Of(target, traced);
        Assert.Equal(expected, $"{name}({before}{filled}{after}) = {value}");
    }
}
