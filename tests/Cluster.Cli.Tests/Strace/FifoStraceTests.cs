using Cluster.Cli.Tracing;
using Cluster.Protocol;
using Google.Protobuf;
using static Cluster.Cli.Tests.Strace.TracedCalls;

namespace Cluster.Cli.Tests.Strace;

/// <summary>Calls on FIFOs, in the notation of strace.</summary>
public sealed class FifoStraceTests
{
    private static readonly Target Object = new() { Kind = Kind.Fifo, Id = 4 };

    [Fact]
    public void A_FIFO_is_made_opened_and_unlinked()
    {
        var get = new Get { Name = "/run/f", Flags = IpcFlags.IPC_CREAT | IpcFlags.IPC_EXCL, Mode = 0x180 };
        Is("mknod(\"/run/f\", S_IFIFO|0600) = 4 (id)",
            Directory(Kind.Fifo), new Call { Get = get }, new Result { Id = 4 });
        Is("open(\"/run/f\") = -1 ENOENT (No such file or directory)",
            Directory(Kind.Fifo), new Call { Get = new Get { Name = "/run/f" } }, Failed(Errno.ENOENT));
        var open = new DescriptionOpen { Flags = FileFlags.O_WRONLY | FileFlags.O_NONBLOCK | FileFlags.O_DIRECT };
        Is("open(/* 4 */, O_WRONLY|O_NONBLOCK|O_DIRECT) = -1 ENXIO (No such device or address)",
            Object, new Call { Description = new DescriptionCall { Open = open } }, Failed(Errno.ENXIO));
        Is("unlink(\"/run/f\") = 0",
            Directory(Kind.Fifo), new Call { Remove = new Remove { Name = "/run/f" } }, new Result());
        var stat = new FileStat { Permissions = new Permissions { Mode = 0x180 } };
        Is("stat(/* 4 */, {st_mode=S_IFIFO|0600, st_size=0, ...}) = 0",
            Object, new Call { Description = new DescriptionCall { Stat = new DescriptionStat() } },
            new Result { FileStat = stat });
    }

    [Fact]
    public void Reads_and_writes_show_their_bytes()
    {
        var hello = ByteString.CopyFromUtf8("hello");
        var write = Of(new FifoCall { Write = new FifoWrite { Description = 3, Data = hello } });
        Is("write(3, \"hello\", 5) = 5", Object, write, new Result { FifoWritten = new FifoWritten { Bytes = 5 } });
        Is("write(3, \"hello\", 5) = -1 EPIPE (Broken pipe)", Object, write, Failed(Errno.EPIPE));
        var read = Of(new FifoCall { Read = new FifoRead { Description = 3, Size = 100 } });
        Is("read(3, \"hello\", 100) = 5", Object, read, new Result { FifoBytes = new FifoBytes { Data = hello } });
        Is("read(3, \"\", 100) = 0", Object, read, new Result { FifoBytes = new FifoBytes() });
    }

    [Fact]
    public void What_fcntl_and_ioctl_tell_of_a_pipe()
    {
        var status = new Result { FifoStatus = new FifoStatus { Capacity = 8_192, Bytes = 7 } };
        Is("fcntl(3, F_SETPIPE_SZ, 5000) = 8192",
            Object, Of(new FifoCall { Resize = new FifoResize { Description = 3, Bytes = 5_000 } }), status);
        Is("ioctl(3, FIONREAD, [7]) = 0",
            Object, Of(new FifoCall { Stat = new FifoStat { Description = 3 } }), status);
    }

    private static Call Of(FifoCall call) => new() { Fifo = call };

    private static Result Failed(Errno errno) => new() { Errno = (int)errno };

    private static void Is(string expected, Target target, Call call, Result result)
    {
        var done = Done(
            target, call, result, call.Fifo?.Write?.Data.Length ?? 0, result.FifoBytes?.Data.Length ?? 0);
        var (name, before, filled, after, value) = StraceCall.Of(target, done.Completed);
        Assert.Equal(expected, $"{name}({before}{filled}{after}) = {value}");
    }
}
