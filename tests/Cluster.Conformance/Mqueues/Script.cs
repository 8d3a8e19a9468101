using Cluster.Conformance.Stories;
using Cluster.Protocol;

namespace Cluster.Conformance.Mqueues;

/// <summary>A story of some processes and some POSIX message queues.</summary>
/// <param name="Steps">The operations.</param>
internal sealed record Script(IReadOnlyList<Step> Steps) : IScript<Script>
{
    /// <summary>Processes in a story.</summary>
    public const int Processes = 6;

    /// <summary>What all names begin with: other programs do not have it.</summary>
    public static readonly string Prefix = $"/cluster.{Random.Shared.Next():x}.";

    private static readonly string[] Texts = ["", "a", "bb", "ccc", "dddd", "eeeee"];
    private static readonly int[] Priorities = [0, 0, 1, 2, 63, 64, 32_767, 32_768];
    private static readonly int[] Modes = [0x180, 0x1B6, 0x1B6, 0x1B6, 0x1A4, 0x124, 0x092, 0x1B0, 0];

    private static readonly string[] OddNames =
        ["", "/", "/.", "/..", "/a/b", "//a", "/a/", "noslash", "/" + new string('n', 256), "/" + new string('n', 300)];

    public int Length => Steps.Count;

    public Script Without(int at, int count) => new([.. Steps.Take(at), .. Steps.Skip(at + count)]);

    public override string ToString() => string.Join('\n', Steps);

    /// <summary>The names that a script uses.</summary>
    public static IEnumerable<string> Names => Enumerable.Range(0, 4).Select(at => $"{Prefix}{at}");

    /// <summary>A random one.</summary>
    public static Script Draw(Random random, int length)
    {
        var steps = new Step[length];
        for (var at = 0; at < length; at++)
        {
            var who = random.Next(Processes);
            steps[at] = at < 4
                ? new Step.Open(at, $"{Prefix}{at % 2}", 0x42, 0x1B6, (1 + (at % 2 * 2), 4))
                : DrawStep(random, who);
        }

        return new Script(steps);
    }

    private static Step DrawStep(Random random, int who)
    {
        var which = random.Next(4);
        return random.Next(1_000) switch
        {
            < 330 => new Step.Send(who, which, Pick(random, Texts), Pick(random, Priorities), random.Next(6) == 0),
            < 660 => new Step.Receive(who, which, random.Next(20) == 0 ? 3 : random.Next(8) == 0 ? 100 : 4, random.Next(6) == 0),
            < 790 => new Step.Open(who, Name(random), Flags(random), Pick(random, Modes), Size(random)),
            < 840 => new Step.Close(who, which),
            < 870 => new Step.Unlink(who, Name(random)),
            < 900 => new Step.SetFlags(who, which, random.Next(12) == 0 ? 1 : random.Next(2) * 0x800),
            < 960 => new Step.Notify(who, which, Method(random), Pick(random, [0, 0, 0, -1, 65]), random.Next(3) == 0),
            < 990 => new Step.Limit(who, random.Next(2) == 0 ? 819_200 : random.Next(2_000)),
            _ => new Step.Exit(who),
        };
    }

    private static int Method(Random random) => Pick(random, [0, 0, 1, 1, 3, 7]); // 2 needs a socket of the C library

    private static string Name(Random random) =>
        random.Next(12) == 0 ? Pick(random, OddNames) : $"{Prefix}{random.Next(4)}";

    private static int Flags(Random random)
    {
        var flags = Pick(random, [0, 1, 2, 2, 2, 2, 2, 3]);
        if (random.Next(3) != 0) flags |= 0x40; // O_CREAT
        if (random.Next(5) == 0) flags |= 0x80; // O_EXCL
        if (random.Next(5) == 0) flags |= FileFlags.O_NONBLOCK;
        return flags;
    }

    private static (long Maxmsg, long Msgsize)? Size(Random random) => random.Next(8) switch
    {
        0 => null,
        1 => (random.Next(-1, 13), random.Next(-1, 9)),
        2 => (10, 8_192),
        3 => (11, 8_193),
        _ => (random.Next(1, 4), 4),
    };

    private static T Pick<T>(Random random, T[] of) => of[random.Next(of.Length)];
}
