using Cluster.Core.Tests.Model;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Tests.Conformance;

/// <summary>
/// The same calls for our queue and for one of the kernel under the tests: every result and counter must agree. Calls
/// that would block are left out (IPC_NOWAIT), and so is a copy that would be cut, on which we differ from Linux.
/// </summary>
public sealed class LinuxKernelTests
{
    private static readonly long[] Types = [1, 2, 3, 4, 5, long.MaxValue, 0, -1];
    private static readonly long[] Selectors =
        [0, 1, 2, 3, 4, 5, -1, -2, -3, -4, -5, long.MaxValue, -long.MaxValue, long.MinValue];

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Does_what_linux_does(int seed)
    {
        Skip.IfNot(LinuxQueue.MayExist, "not a Linux whose structures are known");
        using var linux = new LinuxQueue();
        Skip.IfNot(linux.Exists, "the kernel gives no message queue");
        var random = new Random(seed);
        var permissions = new Permissions { Uid = 7, Gid = 7, Cuid = 7, Cgid = 7, Mode = 0x180 };
        var host = new QueueHost(new DirectoryEntry { Permissions = permissions, InitialSize = 16_384 }, 1_000);
        ulong seq = 0;
        for (var step = 0; step < 10_000; step++)
        {
            var (call, expected) = Next(random, linux);
            call.Seq = ++seq;
            Assert.Equal((step, call.ToString(), expected), (step, call.ToString(), Ours(host, call)));
            var stat = new Call { Seq = ++seq, Msgstat = new MsgStat() };
            Assert.Equal(linux.Counters(), Counters(host, stat));
        }
    }

    private static (Call Call, string Expected) Next(Random random, LinuxQueue linux)
    {
        var flags = IpcFlags.IPC_NOWAIT;
        switch (random.Next(20))
        {
            case 0:
                var qbytes = random.Next(0, 40);
                var set = new MsgSet { Uid = 7, Gid = 7, Mode = 0x180, Qbytes = (ulong)qbytes };
                return (new Call { Msgset = set }, linux.SetQbytes(qbytes));
            case < 10:
                var (type, text) = (Pick(random, Types), new string('x', random.Next(8)));
                var send = new MsgSnd { Type = type, Text = ByteString.CopyFromUtf8(text), Flags = flags };
                return (new Call { Msgsnd = send }, linux.Send(type, text, flags));
            case < 13:
                flags |= IpcFlags.MSG_COPY;
                if (random.Next(8) == 0) flags |= IpcFlags.MSG_EXCEPT;
                if (random.Next(8) == 0) flags &= ~IpcFlags.IPC_NOWAIT;
                return Receive(linux, random.Next(-1, 20), random.Next(-1, 9), flags);
            default:
                if (random.Next(3) == 0) flags |= IpcFlags.MSG_NOERROR;
                if (random.Next(3) == 0) flags |= IpcFlags.MSG_EXCEPT;
                return Receive(linux, Pick(random, Selectors), random.Next(-1, 9), flags);
        }
    }

    private static (Call Call, string Expected) Receive(LinuxQueue linux, long type, long size, int flags) =>
        (new Call { Msgrcv = new MsgRcv { Type = type, Size = size, Flags = flags } },
            linux.Receive(type, size, flags));

    private static string Ours(QueueHost host, Call call)
    {
        var credentials = new Credentials { Uid = 7, Gid = 7 };
        var limits = new Limits { Msgmax = 8_192, Msgmnb = 16_384, Msgmni = 10 };
        var stamp = new Stamp { Pid = 2, Credentials = credentials, Limits = limits };
        host.Machine.Submit(new Submit { Stamp = stamp, Ack = call.Seq, Calls = { call } }, 1_000);
        return Assert.Single(host.Take()).Outcome;
    }

    private static string Counters(QueueHost host, Call stat)
    {
        var pairs = Ours(host, stat).Split(' ').Select(field => field.Split('='));
        var fields = pairs.ToDictionary(pair => pair[0], pair => pair[1]);
        return $"qnum={fields["qnum"]} cbytes={fields["cbytes"]} qbytes={fields["qbytes"]} "
            + $"sent={fields["lspid"] != "0"} received={fields["lrpid"] != "0"}";
    }

    private static T Pick<T>(Random random, T[] of) => of[random.Next(of.Length)];
}
