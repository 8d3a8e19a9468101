using Cluster.Conformance.Stories;

namespace Cluster.Conformance.PosixSemaphores;

/// <summary>An operation of a script. Any part of a script is a script: impossible operations are left out.</summary>
/// <param name="Who">The process.</param>
internal abstract record Step(int Who)
{
    /// <summary>sem_open(3).</summary>
    public sealed record Open(int Who, string Name, int Flags, int Mode, uint Value) : Step(Who);

    /// <summary>sem_unlink(3).</summary>
    public sealed record Unlink(int Who, string Name) : Step(Who);

    /// <summary>A call on one of the open semaphores of the process: wait, timedwait, post, getvalue, close.</summary>
    public sealed record OnOpen(int Who, int Which, Linux.WorkerCommand Command) : Step(Who);

    /// <summary>A process ends, killed if it is blocked, and another takes its place.</summary>
    public sealed record Exit(int Who) : Step(Who);
}

/// <summary>A story of some processes and some named semaphores.</summary>
/// <param name="Steps">The operations.</param>
internal sealed record Script(IReadOnlyList<Step> Steps) : IScript<Script>
{
    /// <summary>Processes in a story.</summary>
    public const int Processes = 6;

    /// <summary>What all names begin with: other programs do not have it.</summary>
    public static readonly string Prefix = $"cluster.{Random.Shared.Next():x}.";

    private static readonly int[] Modes = [0x180, 0x1B6, 0x1B6, 0x1B6, 0x1A4, 0x124, 0x092, 0x1B0, 0];
    private static readonly uint[] Values = [0, 0, 1, 1, 2, 3, int.MaxValue, int.MaxValue + 1u];

    private static readonly string[] OddNames =
        ["", "/", "/a/b", "/a/", new string('n', 252), new string('n', 256), "/" + new string('n', 300)];

    public int Length => Steps.Count;

    public Script Without(int at, int count) => new([.. Steps.Take(at), .. Steps.Skip(at + count)]);

    public override string ToString() => string.Join('\n', Steps);

    /// <summary>The names that a script uses.</summary>
    public static IEnumerable<string> Names => Enumerable.Range(0, 3).Select(at => $"{Prefix}{at}");

    /// <summary>A random one.</summary>
    public static Script Draw(Random random, int length)
    {
        var steps = new Step[length];
        for (var at = 0; at < length; at++)
        {
            var who = random.Next(Processes);
            steps[at] = at < Processes
                ? new Step.Open(at, $"/{Prefix}{at % 2}", 0x40, 0x1B6, (uint)at % 2)
                : DrawStep(random, who);
        }

        return new Script(steps);
    }

    private static Step DrawStep(Random random, int who)
    {
        var which = random.Next(4);
        return random.Next(1_000) switch
        {
            < 350 => new Step.OnOpen(who, which, Linux.WorkerCommand.SemWait),
            < 400 => new Step.OnOpen(who, which, Linux.WorkerCommand.SemTimedwait),
            < 760 => new Step.OnOpen(who, which, Linux.WorkerCommand.SemPost),
            < 800 => new Step.OnOpen(who, which, Linux.WorkerCommand.SemGetvalue),
            < 920 => new Step.Open(who, Name(random), Flags(random), Pick(random, Modes), Pick(random, Values)),
            < 950 => new Step.OnOpen(who, which, Linux.WorkerCommand.SemClose),
            < 985 => new Step.Unlink(who, Name(random)),
            _ => new Step.Exit(who),
        };
    }

    private static string Name(Random random) => random.Next(12) == 0
        ? Pick(random, OddNames)
        : $"{Pick(random, ["", "/", "//"])}{Prefix}{random.Next(3)}";

    private static int Flags(Random random) => (random.Next(3) != 0 ? 0x40 : 0) | (random.Next(5) == 0 ? 0x80 : 0);

    private static T Pick<T>(Random random, T[] of) => of[random.Next(of.Length)];
}
