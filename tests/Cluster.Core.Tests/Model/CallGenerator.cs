using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Tests.Model;

/// <summary>Random calls, from few values each, so that they meet.</summary>
public sealed class CallGenerator(Random random)
{
    private static readonly long[] Types = [1, 2, 3, 4, 5, long.MaxValue];
    private static readonly long[] Selectors =
        [0, 0, 0, 1, 2, 3, 4, 5, -1, -2, -3, -4, -5, long.MaxValue, -long.MaxValue, long.MinValue];

    private static readonly uint[] Modes = [0x180, 0x1B6, 0x1B6, 0x1B6, 0x1B0, 0x182, 0x1A4, 0x036, 0];
    private static readonly string[] Bodies = ["", "a", "bb", "ccc", "dddd", "eeeee", "ffffff"];

    public Credentials Credentials() => random.Next(6) switch
    {
        0 => new Credentials(),
        1 or 2 => new Credentials { Uid = 1000, Gid = 100 },
        3 => new Credentials { Uid = 2000, Gid = 100 },
        4 => new Credentials { Uid = 3000, Gid = 300, Groups = { 7, 200 } },
        _ => new Credentials { Uid = 4000, Gid = 400 },
    };

    public static Limits Limits => new() { Msgmax = 5, Msgmnb = 12, Msgmni = 10 };

    public Call Send()
    {
        var flags = random.Next(3) == 0 ? IpcFlags.IPC_NOWAIT : 0;
        var type = random.Next(50) == 0 ? -random.Next(2) : Pick(Types);
        return Timed(new Call
        {
            Msgsnd = new MsgSnd { Type = type, Text = ByteString.CopyFromUtf8(Pick(Bodies)), Flags = flags },
        });
    }

    public Call Receive()
    {
        var flags = 0;
        if (random.Next(4) == 0) flags |= IpcFlags.IPC_NOWAIT;
        if (random.Next(4) == 0) flags |= IpcFlags.MSG_NOERROR;
        if (random.Next(4) == 0) flags |= IpcFlags.MSG_EXCEPT;
        return Timed(new Call { Msgrcv = new MsgRcv { Type = Pick(Selectors), Size = Size(), Flags = flags } });
    }

    public Call Copy()
    {
        var flags = IpcFlags.MSG_COPY;
        if (random.Next(8) != 0) flags |= IpcFlags.IPC_NOWAIT;
        if (random.Next(8) == 0) flags |= IpcFlags.MSG_EXCEPT;
        if (random.Next(3) == 0) flags |= IpcFlags.MSG_NOERROR;
        return new Call { Msgrcv = new MsgRcv { Type = random.Next(-1, 6), Size = Size(), Flags = flags } };
    }

    public Call Stat() => new() { Msgstat = new MsgStat { Any = random.Next(2) == 0 } };

    public Call Set() => new()
    {
        Msgset = new MsgSet
        {
            Uid = Pick([1000u, 1000u, 1000u, 2000u, 4000u, uint.MaxValue]),
            Gid = Pick([100u, 100u, 200u, 400u]),
            Mode = Pick(Modes),
            Qbytes = (ulong)random.Next(0, 15),
        },
    };

    /// <summary>The call, of which one in so many has a time-out.</summary>
    public Call Timed(Call call, int oneIn = 3)
    {
        if (random.Next(oneIn) == 0) call.TimeoutMs = Pick([0L, 1, 2_000, 7_000, 7_000, -1]);
        return call;
    }

    private long Size() => Pick([0L, 1, 2, 3, 4, 5, 6, 6, 6, 8192, -1]);

    private T Pick<T>(T[] of) => of[random.Next(of.Length)];
}
