using System.Globalization;
using Cluster.Conformance.Linux;
using Xunit.Abstractions;

namespace Cluster.Conformance.Semaphores;

/// <summary>
/// Random stories on the kernel under the tests and on our semaphore set: every result, every value and count, and who
/// blocked and who woke must agree. CONFORMANCE_SEED repeats a run, CONFORMANCE_CALLS sets its length.
/// </summary>
public sealed class SemaphoreConformanceTests(ITestOutputHelper output)
{
    private const int StepsPerScript = 250;

    [SkippableFact]
    public void Does_what_linux_does()
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.Is64BitProcess, "not a Linux whose structures are known");
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                // Workers are children of this thread, and live as long as it does.
                Run();
            }
            catch (Exception caught)
            {
                failure = caught;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null) throw new InvalidOperationException(failure.Message, failure);
    }

    private void Run()
    {
        var seed = (int)Setting("CONFORMANCE_SEED", Random.Shared.Next());
        var calls = Setting("CONFORMANCE_CALLS", 20_000);
        var isolated = Libc.unshare(Libc.CLONE_NEWIPC) == 0;
        var where = isolated ? "own IPC namespace" : "shared IPC namespace";
        Say($"semaphores: CONFORMANCE_SEED={seed} CONFORMANCE_CALLS={calls}, {where}");
        using var comparison = new Comparison(asRoot: Libc.geteuid() == 0);
        var random = new Random(seed);
        for (var told = 0L; comparison.Calls < calls;)
        {
            if (comparison.Calls - told >= 20_000)
                Say($"semaphores: {told = comparison.Calls} calls, no difference");
            var script = Script.Draw(random, StepsPerScript, Libc.geteuid() == 0);
            if (comparison.Run(script) is not { } difference) continue;
            if (difference.EndsWith("EINTR", StringComparison.Ordinal) && comparison.Run(script) is null)
            {
                // signal(7): semop fails with EINTR when its process was stopped and continued, by whomever.
                Say($"semaphores: interrupted from outside, and no difference the second time: {difference}");
                continue;
            }

            var least = Shrinker.Shrink(script, shorter => comparison.Run(shorter) is not null);
            Assert.Fail($"CONFORMANCE_SEED={seed}: {difference}\nshrunk to: {least}\n{comparison.Run(least)}");
        }

        Say($"semaphores: {comparison.Calls} calls, {comparison.BlockedCalls} blocked, {comparison.Exits} exits; "
            + string.Join(", ", comparison.Seen.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key} {pair.Value}")));
    }

    private void Say(string text)
    {
        output.WriteLine(text);
        Console.WriteLine(text);
    }

    private static long Setting(string name, long otherwise) =>
        long.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value)
            ? value
            : otherwise;
}
