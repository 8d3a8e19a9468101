namespace Cluster.Conformance.SharedMemory;

public enum Verb
{
    Get,
    Attach,
    Detach,
    Stat,
    Set,
    Lock,
    Unlock,
    Remove,
    Die,
}

/// <summary>
/// One step of a script. Processes, segments and attachments are named by where they stand among those that there are,
/// so that a script still means something when steps are taken out of it.
/// </summary>
public sealed record Step(Verb Verb, int Who, int Which, int Flags, long Size, int Key)
{
    private static readonly int[] Modes = [0x180, 0x1B6, 0x1FF, 0x1A4, 0x124, 0x092, 0x036, 0];
    private static readonly int[] AttachFlags = [0, 0, 0, 0x1000, 0x1000, 0x2000, 0x4000];

    public static Step Draw(Random random)
    {
        var verb = random.Next(100) switch
        {
            < 20 => Verb.Get,
            < 45 => Verb.Attach,
            < 65 => Verb.Detach,
            < 75 => Verb.Stat,
            < 81 => Verb.Set,
            < 85 => Verb.Lock,
            < 88 => Verb.Unlock,
            < 99 => Verb.Remove,
            _ => Verb.Die,
        };
        var mode = Modes[random.Next(Modes.Length)];
        var flags = verb == Verb.Attach
            ? AttachFlags[random.Next(AttachFlags.Length)]
            : verb == Verb.Get ? mode | (random.Next(4) * 0x200) : mode;
        long[] sizes = [0, 1, 100, 4_096, 5_000, 20_000];
        return new Step(verb, random.Next(4), random.Next(1_000), flags, sizes[random.Next(6)], random.Next(4));
    }
}
