using System.Globalization;
using Xunit.Abstractions;

namespace Cluster.Conformance.SharedMemory;

/// <summary>
/// Random scripts of shmget(2), shmop(2) and shmctl(2), with real processes that attach and die, on the kernel under
/// the tests and on the cluster. CONFORMANCE_SEED repeats a run, CONFORMANCE_CALLS sets its length (20,000). A script
/// that comes out differently is shortened before it is shown.
/// </summary>
public sealed class SharedMemoryConformanceTests(ITestOutputHelper output)
{
    private const int ScriptSteps = 400;

    [SkippableFact]
    public void The_object_behaves_as_in_linux()
    {
        Skip.IfNot(LinuxProcess.MayExist, "no Linux with System V shared memory and perl");
        var seed = Setting("CONFORMANCE_SEED", Random.Shared.Next());
        var wanted = Setting("CONFORMANCE_CALLS", 20_000);
        output.WriteLine($"CONFORMANCE_SEED={seed} CONFORMANCE_CALLS={wanted}");
        Console.WriteLine($"shared memory against the kernel: CONFORMANCE_SEED={seed} CONFORMANCE_CALLS={wanted}");
        var random = new Random(seed);
        var calls = 0;
        while (calls < wanted)
        {
            var script = Enumerable.Range(0, ScriptSteps).Select(_ => Step.Draw(random)).ToList();
            if (Play(script, ref calls) is not { } difference) continue;
            var shortest = Shorten(script, difference.At);
            var last = Play(shortest, ref calls);
            Assert.Fail(
                $"CONFORMANCE_SEED={seed}: {last?.What ?? difference.What} (did not happen again: {last is null})"
                + $"\n{string.Join('\n', shortest)}");
        }

        output.WriteLine($"{calls} calls");
    }

    private static (int At, string What)? Play(List<Step> script, ref int calls)
    {
        // Keys that no other program on the machine is likely to use.
        using var duel = new Duel(0x5A000000 + Random.Shared.Next(1 << 23));
        for (var at = 0; at < script.Count; at++)
        {
            if (duel.Run(script[at]) is { } difference) return (at, $"step {at}: {difference}");
        }

        calls += duel.Calls;
        return null;
    }

    // Removes parts of the script, in ever smaller pieces, as long as the failure remains.
    private static List<Step> Shorten(List<Step> script, int at)
    {
        var ignored = 0;
        var shortest = script.Take(at + 1).ToList();
        for (var piece = shortest.Count / 2; piece > 0; piece /= 2)
        {
            for (var from = 0; from + piece < shortest.Count;)
            {
                List<Step> shorter = [.. shortest.Take(from), .. shortest.Skip(from + piece)];
                if (Play(shorter, ref ignored) is { } again) shortest = shorter.Take(again.At + 1).ToList();
                else from += piece;
            }
        }

        return shortest;
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value)
            ? value
            : otherwise;
}
