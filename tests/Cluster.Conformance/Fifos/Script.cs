using Cluster.Conformance.Linux;
using Cluster.Conformance.Stories;

namespace Cluster.Conformance.Fifos;

/// <summary>An operation of a script. Any part of a script is a script: impossible operations are left out.</summary>
/// <param name="Who">The process.</param>
internal abstract record Step(int Who)
{
    /// <summary>mkfifo(3).</summary>
    public sealed record Make(int Who, int Which, int Mode) : Step(Who);

    /// <summary>open(2).</summary>
    public sealed record Open(int Who, int Which, int Flags) : Step(Who);

    /// <summary>unlink(2).</summary>
    public sealed record Unlink(int Who, int Which) : Step(Who);

    /// <summary>A call on one of the open FIFOs of the process, with a number: bytes, flags, events.</summary>
    public sealed record OnOpen(int Who, int Which, WorkerCommand Command, long Number) : Step(Who);

    /// <summary>A process ends, killed if it is blocked, and another takes its place.</summary>
    public sealed record Exit(int Who) : Step(Who);
}

/// <summary>A story of some processes and some FIFOs.</summary>
/// <param name="Steps">The operations.</param>
internal sealed record Script(IReadOnlyList<Step> Steps) : IScript<Script>
{
    /// <summary>Processes in a story.</summary>
    public const int Processes = 6;

    /// <summary>FIFOs in a story.</summary>
    public const int Fifos = 2;

    private const int NonBlock = 0x800, Direct = 0x4000, PollIn = 1, PollOut = 4;

    private static readonly int[] Modes = [0x1B6, 0x1B6, 0x1B6, 0x180, 0x1A4, 0x124, 0x092];
    private static readonly int[] Access = [0, 0, 0, 1, 1, 1, 2];

    // Around PIPE_BUF, which is a page, and around the capacity.
    private static readonly long[] Sizes =
        [0, 1, 10, 100, 1_000, 4_095, 4_096, 4_097, 5_000, 8_192, 10_000, 65_536, 65_537, 70_000, 150_000];

    private static readonly long[] Capacities = [-1, 0, 1, 4_096, 4_097, 8_192, 32_768, 65_536, 100_000, 1 << 20];

    public int Length => Steps.Count;

    public Script Without(int at, int count) => new([.. Steps.Take(at), .. Steps.Skip(at + count)]);

    public override string ToString() => string.Join('\n', Steps);

    /// <summary>A random one.</summary>
    public static Script Draw(Random random, int length) =>
        new([.. Enumerable.Range(0, length).Select(at => at < Fifos
            ? new Step.Make(1, at, 0x1B6)
            : DrawStep(random, random.Next(Processes)))]);

    private static Step DrawStep(Random random, int who)
    {
        var which = random.Next(4);
        return random.Next(1_000) switch
        {
            < 160 => new Step.Open(who, random.Next(Fifos), Pick(random, Access) | (random.Next(3) == 0 ? NonBlock : 0)),
            < 400 => new Step.OnOpen(who, which, WorkerCommand.FifoWrite, Pick(random, Sizes)),
            < 690 => new Step.OnOpen(who, which, WorkerCommand.FifoRead, Pick(random, Sizes)),
            < 770 => new Step.OnOpen(who, which, WorkerCommand.FifoClose, 0),
            < 830 => new Step.OnOpen(who, which, WorkerCommand.FifoPoll, PollIn | PollOut),
            < 860 => new Step.OnOpen(who, which, WorkerCommand.FifoResize, Pick(random, Capacities)),
            < 900 => new Step.OnOpen(
                who, which, WorkerCommand.FifoSetFlags, Pick(random, [0, 0, NonBlock, Direct, Direct | NonBlock])),
            < 930 => new Step.Make(who, random.Next(Fifos), Pick(random, Modes)),
            < 955 => new Step.Unlink(who, random.Next(Fifos)),
            _ => new Step.Exit(who),
        };
    }

    private static T Pick<T>(Random random, T[] of) => of[random.Next(of.Length)];
}
