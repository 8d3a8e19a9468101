using Cluster.Client;
using Cluster.Conformance.Stories;

namespace Cluster.Conformance.PosixSharedMemory;

/// <summary>An operation of a script. Any part of a script is a script: impossible operations are left out.</summary>
/// <param name="Who">The process.</param>
internal abstract record Step(int Who)
{
    /// <summary>shm_open(3).</summary>
    public sealed record Open(int Who, string Name, OpenFlags Flags, int Mode) : Step(Who);

    /// <summary>shm_unlink(3).</summary>
    public sealed record Unlink(int Who, string Name) : Step(Who);

    /// <summary>ftruncate(2).</summary>
    public sealed record Truncate(int Who, int Which, long Length) : Step(Who);

    /// <summary>pread(2).</summary>
    public sealed record Read(int Who, int Which, long Offset, int Length) : Step(Who);

    /// <summary>pwrite(2) of so many bytes of a value.</summary>
    public sealed record Write(int Who, int Which, long Offset, int Length, byte Value) : Step(Who);

    /// <summary>mmap(2).</summary>
    public sealed record Map(int Who, int Which, long Offset, long Length, bool Writes) : Step(Who);

    /// <summary>munmap(2).</summary>
    public sealed record Unmap(int Who, int Which) : Step(Who);

    /// <summary>Reads a mapping.</summary>
    public sealed record Load(int Who, int Which, long Offset, int Length) : Step(Who);

    /// <summary>Writes to a mapping.</summary>
    public sealed record Store(int Who, int Which, long Offset, int Length, byte Value) : Step(Who);

    /// <summary>dup(2).</summary>
    public sealed record Dup(int Who, int Which) : Step(Who);

    /// <summary>close(2).</summary>
    public sealed record Close(int Who, int Which) : Step(Who);

    /// <summary>A process ends, and another takes its place.</summary>
    public sealed record Exit(int Who) : Step(Who);
}

/// <summary>A story of some processes and some objects.</summary>
/// <param name="Steps">The operations.</param>
internal sealed record Script(IReadOnlyList<Step> Steps) : IScript<Script>
{
    /// <summary>Processes in a story.</summary>
    public const int Processes = 5;

    /// <summary>What all names begin with: other programs do not have it.</summary>
    public static readonly string Prefix = $"cluster.{Random.Shared.Next():x}.";

    private static readonly int[] Modes = [0x180, 0x1B6, 0x1B6, 0x1B6, 0x1A4, 0x124, 0x092, 0x1B0, 0];

    private static readonly string[] OddNames =
        ["", "/", "/a/b", "/a/", ".", "..", "/.", new string('n', 256), new string('n', 259), new string('n', 260)];

    // Around a page, and around 262,144, where our objects are divided.
    private static readonly long[] Places = [0, 1, 100, 4_000, 4_096, 8_190, 262_140, 262_144, 270_000, 524_280, 599_990];

    private static readonly long[] Lengths = [0, 1, 100, 4_096, 8_192, 262_144, 266_240, 600_000, 602_112, -1];

    public int Length => Steps.Count;

    public Script Without(int at, int count) => new([.. Steps.Take(at), .. Steps.Skip(at + count)]);

    public override string ToString() => string.Join('\n', Steps);

    /// <summary>The names that a script uses.</summary>
    public static IEnumerable<string> Names => Enumerable.Range(0, 3).Select(at => $"{Prefix}{at}");

    /// <summary>A random one.</summary>
    public static Script Draw(Random random, int length) =>
        new([.. Enumerable.Range(0, length).Select(at => at < Processes
            ? new Step.Open(at, $"/{Prefix}{at % 2}", OpenFlags.ReadWrite | OpenFlags.Create, 0x1B6)
            : DrawStep(random, random.Next(Processes)))]);

    private static Step DrawStep(Random random, int who)
    {
        var (which, place) = (random.Next(6), Pick(random, Places) + random.Next(20));
        return random.Next(1_000) switch
        {
            < 90 => DrawOpen(random, who),
            < 115 => new Step.Unlink(who, Name(random)),
            < 235 => new Step.Truncate(who, which, Pick(random, Lengths)),
            < 405 => new Step.Read(who, which, random.Next(40) == 0 ? -place : place, random.Next(60)),
            < 575 => new Step.Write(
                who, which, random.Next(40) == 0 ? -place : place, random.Next(60), (byte)random.Next(256)),
            < 660 => new Step.Map(
                who, which, Pick(random, [0L, 0, 0, 0, 4_096, 262_144, 100, -4_096]),
                Pick(random, [1L, 4_096, 700_000, 700_000, 700_000, 0]), random.Next(3) != 0),
            < 700 => new Step.Unmap(who, which),
            < 800 => new Step.Load(who, which, place, 1 + random.Next(60)),
            < 900 => new Step.Store(who, which, place, 1 + random.Next(60), (byte)random.Next(256)),
            < 930 => new Step.Dup(who, which),
            < 985 => new Step.Close(who, which),
            _ => new Step.Exit(who),
        };
    }

    // With other flags Linux opens the directory itself, or answers EEXIST.
    private static Step.Open DrawOpen(Random random, int who)
    {
        var (name, flags) = (Name(random), Flags(random));
        if (name.TrimStart('/') is "." or "..") flags = OpenFlags.ReadWrite | OpenFlags.Create;
        return new Step.Open(who, name, flags, Pick(random, Modes));
    }

    private static string Name(Random random) => random.Next(12) == 0
        ? Pick(random, OddNames)
        : $"{Pick(random, ["", "/", "//"])}{Prefix}{random.Next(3)}";

    private static OpenFlags Flags(Random random) =>
        Pick(random, [OpenFlags.ReadOnly, OpenFlags.WriteOnly, OpenFlags.ReadWrite, OpenFlags.ReadWrite])
        | (random.Next(3) != 0 ? OpenFlags.Create : 0) | (random.Next(5) == 0 ? OpenFlags.Exclusive : 0)
        | (random.Next(5) == 0 ? OpenFlags.Truncate : 0);

    private static T Pick<T>(Random random, T[] of) => of[random.Next(of.Length)];
}
