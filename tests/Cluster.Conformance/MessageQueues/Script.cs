using Cluster.Conformance.Stories;
using Cluster.Protocol;

namespace Cluster.Conformance.MessageQueues;

/// <summary>A story of some processes and some message queues.</summary>
internal sealed record Script(IReadOnlyList<Step> Steps) : IScript<Script>
{
    /// <summary>Processes in a story.</summary>
    public const int Processes = 7;

    private const string Letters = "0123456789abcdefghijklmnopqrstuvwxyz";

    private static readonly long[] Types = [1, 1, 1, 2, 2, 3, 3, 4, 5, long.MaxValue];
    private static readonly long[] Selectors =
        [0, 0, 0, 0, 1, 1, 2, 3, 4, 5, -1, -2, -3, -4, -5, long.MaxValue, -long.MaxValue, long.MinValue];

    // Mostly read and write for all users; otherwise one class lacks a permission.
    private static readonly uint[] Modes = [0x1B6, 0x1B6, 0x1B6, 0x180, 0x1A4, 0x192, 0x190, 0x124, 0x092, 0];

    public int Length => Steps.Count;

    public Script Without(int at, int count) => new([.. Steps.Take(at), .. Steps.Skip(at + count)]);

    public override string ToString() => string.Join('\n', Steps);

    /// <summary>A random one.</summary>
    public static Script Draw(Random random, int length, bool asRoot)
    {
        var steps = new Step[length];
        for (var at = 0; at < length; at++)
        {
            steps[at] = at < 2
                ? new Step.Get(random.Next(Processes), at, IpcFlags.IPC_CREAT | 0x1B6, Qbytes(random))
                : DrawStep(random, at, asRoot);
        }

        return new Script(steps);
    }

    private static Step DrawStep(Random random, int at, bool asRoot)
    {
        var who = random.Next(Processes);
        var which = random.Next(3) == 0 ? random.Next(3) : 0; // most on one queue, so that they meet
        switch (random.Next(1_000))
        {
            case < 430: return DrawSend(random, who, which, at);
            case < 830: return DrawReceive(random, who, which);
            case < 865:
                var mode = asRoot ? Modes[random.Next(Modes.Length)] : 0x1B6;
                uint[] uids = asRoot ? [0, 1000, 1000, 2000, 2000, uint.MaxValue] : [Linux.Libc.geteuid()];
                var (uid, gid) = (uids[random.Next(uids.Length)], asRoot ? 100 : Linux.Libc.getegid());
                return new Step.Set(who, which, uid, gid, mode, Qbytes(random));
            case < 880: return new Step.Remove(who, which);
            case < 910:
                var flags = (random.Next(4) * IpcFlags.IPC_CREAT) | (int)(asRoot ? Modes[random.Next(4)] : 0x1B6);
                return new Step.Get(who, random.Next(4), flags, Qbytes(random));
            case < 925: return new Step.Stat(who, which);
            case < 932: return new Step.Exit(who);
            default: return new Step.Interrupt(who);
        }
    }

    private static Step.Send DrawSend(Random random, int who, int which, int at)
    {
        var type = random.Next(100) == 0 ? -random.Next(2) : Types[random.Next(Types.Length)];
        var length = random.Next(150) == 0 ? random.Next(8_190, 8_195) : random.Next(9);

        // Neighbours differ in their first letter, and all texts in their first two.
        var text = $"{Letters[at % 36]}{Letters[at / 36 % 36]}".PadRight(length, Letters[at % 36])[..length];
        return new Step.Send(who, which, type, text, random.Next(6) == 0 ? IpcFlags.IPC_NOWAIT : 0);
    }

    private static Step.Receive DrawReceive(Random random, int who, int which)
    {
        var size = random.Next(60) == 0 ? -1 : random.Next(40) == 0 ? 10_000 : random.Next(10);
        var flags = random.Next(6) == 0 ? IpcFlags.IPC_NOWAIT : 0;
        if (random.Next(3) == 0) flags |= IpcFlags.MSG_NOERROR;
        if (random.Next(6) == 0) flags |= IpcFlags.MSG_EXCEPT;
        var type = Selectors[random.Next(Selectors.Length)];
        if (random.Next(15) != 0) return new Step.Receive(who, which, size, type, flags);
        flags |= IpcFlags.MSG_COPY;
        if (random.Next(8) != 0) flags = (flags | IpcFlags.IPC_NOWAIT) & ~IpcFlags.MSG_EXCEPT;
        return new Step.Receive(who, which, size, random.Next(-1, 8), flags);
    }

    // Small, so that senders block: by bytes, or, if messages are short, by number.
    private static long Qbytes(Random random) => random.Next(30) switch
    {
        0 => 16_384,
        1 => 16_385,
        2 => 0,
        < 12 => random.Next(1, 5),
        _ => random.Next(5, 20),
    };
}
