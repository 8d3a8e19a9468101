using Cluster.Cli.Tracing;
using Cluster.Protocol;
using Google.Protobuf;
using static Cluster.Cli.Tests.Strace.TracedCalls;

namespace Cluster.Cli.Tests.Strace;

/// <summary>Calls on Unix sockets, in the notation of strace.</summary>
public sealed class SocketStraceTests
{
    private static readonly Target Object = new() { Kind = Kind.Socket, Id = 4 };

    [Fact]
    public void A_socket_is_made_bound_connected_and_accepted()
    {
        var spec = new SocketSpec { Type = SocketFlags.SOCK_STREAM };
        Is("socket(AF_UNIX, SOCK_STREAM, 0) = 4 (id)",
            Directory(Kind.Socket), new Call { Get = new Get { Unnamed = true, Flags = IpcFlags.IPC_CREAT, Socket = spec } },
            new Result { Id = 4 });
        var bind = new Get { Name = "/run/s", Flags = IpcFlags.IPC_CREAT | IpcFlags.IPC_EXCL, Mode = 0x180, Socket = spec };
        Is("bind({sa_family=AF_UNIX, sun_path=\"/run/s\"}, 0600) = -1 EADDRINUSE (Address already in use)",
            Directory(Kind.Socket), new Call { Get = bind }, Failed(Errno.EADDRINUSE));
        Is("listen(1, 5) = 0", Object, Of(new SocketCall { Listen = new() { Description = 1, Backlog = 5 } }), new Result());
        Is("connect(1, {sa_family=AF_UNIX, sun_path=@\"s\"}) = -1 ECONNREFUSED (Connection refused)",
            Object, Of(new SocketCall { Connect = new() { Description = 1, Name = "@s" } }), Failed(Errno.ECONNREFUSED));
        Is("accept(1, NULL, NULL) = 2",
            Object, Of(new SocketCall { Accept = new() { Description = 1 } }),
            new Result { SocketAccepted = new SocketAccepted { Connection = 5, Description = 2 } });
    }

    [Fact]
    public void Sends_and_receives_show_their_bytes()
    {
        var hello = ByteString.CopyFromUtf8("hello");
        Is("sendto(2, \"hello\", 5, MSG_DONTWAIT, NULL, 0) = 5",
            Object, Of(new SocketCall { Send = new() { Description = 2, Data = hello, Flags = SocketFlags.MSG_DONTWAIT } }),
            new Result { SocketSent = new SocketSent { Bytes = 5 } });
        Is("recvfrom(2, \"hello\", 100, MSG_WAITALL, NULL, NULL) = 5",
            Object, Of(new SocketCall { Receive = new() { Description = 2, Size = 100, Flags = SocketFlags.MSG_WAITALL } }),
            new Result { SocketBytes = new SocketBytes { Data = hello, Length = 5 } });
        Is("recvfrom(2, \"\", 100, MSG_PEEK|MSG_DONTWAIT, NULL, NULL) = 0",
            Object, Of(new SocketCall { Peek = new() { Description = 2, Size = 100 } }),
            new Result { SocketBytes = new SocketBytes() });
        Is("shutdown(2, SHUT_WR) = 0",
            Object, Of(new SocketCall { Shutdown = new() { Description = 2, How = SocketFlags.SHUT_WR } }), new Result());
        var end = new SocketEndStatus { Peer = new SocketPeer { Pid = 7, Uid = 1, Gid = 2 } };
        Is("getsockopt(2, SOL_SOCKET, SO_PEERCRED, {pid=7, uid=1, gid=2}, [12]) = 0",
            Object, Of(new SocketCall { Stat = new() { Description = 2 } }),
            new Result { SocketStatus = new SocketStatus { Ends = { end } } });
    }

    private static Call Of(SocketCall call) => new() { Socket = call };

    private static Result Failed(Errno errno) => new() { Errno = (int)errno };

    private static void Is(string expected, Target target, Call call, Result result)
    {
        var done = Done(
            target, call, result, call.Socket?.Send?.Data.Length ?? 0, result.SocketBytes?.Data.Length ?? 0);
        var (name, before, filled, after, value) = StraceCall.Of(target, done.Completed);
        Assert.Equal(expected, $"{name}({before}{filled}{after}) = {value}");
    }
}
