using Cluster.Protocol;

namespace Cluster.Cli.Tests;

/// <summary>The objects whose views on Linux the tests compare with.</summary>
internal static class World
{
    private const long Change = 1_795_511_300;
    private const long Call = 1_795_511_301;

    public static Tool Filled()
    {
        var tool = new Tool();
        var cluster = tool.Cluster;
        var queue = cluster.Make(unchecked((int)0xff91e4f1), 0x180);
        queue.Send(1, new string('x', 20));
        (queue.Stat.Lspid, queue.Stat.Stime, queue.Stat.Ctime) = (24_221, Call, Change);

        var locked = cluster.MakeSegment(0x6bbdb198, 100_000, 0x180 | IpcFlags.SHM_LOCKED, cpid: 24_216).Stat;
        var doomed = cluster.MakeSegment(0, 4_096, 0x1A4 | IpcFlags.SHM_DEST, cpid: 24_217).Stat;
        var small = cluster.MakeSegment(0x58285095, 1, cpid: 24_220).Stat;
        (locked.Extents, locked.Nattch, locked.Lpid, locked.Atime) = (1, 1, 24_221, Call);
        (doomed.Nattch, doomed.Lpid, doomed.Atime) = (1, 24_221, Call);
        (locked.Ctime, doomed.Ctime, small.Ctime) = (Change, Change, Change);

        var used = cluster.MakeSet(0x0adae8f8, 3);
        (used.Values[1], used.Pids[1], used.Stat.Otime, used.Stat.Ctime) = (5, 24_221, Call, Change);
        cluster.MakeSet(0x75136455, 1, 0x1B6).Stat.Ctime = Change;
        return tool;
    }
}
