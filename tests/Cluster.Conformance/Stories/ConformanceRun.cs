using System.Globalization;
using Cluster.Conformance.Linux;
using Xunit.Abstractions;

namespace Cluster.Conformance.Stories;

/// <summary>
/// One random story after another, until enough calls have been compared. CONFORMANCE_SEED repeats a run,
/// CONFORMANCE_CALLS sets its length (20,000). A script that comes out differently is shortened before it is shown.
/// </summary>
/// <param name="name">The name of the comparison.</param>
/// <param name="output">Where to tell.</param>
internal sealed class ConformanceRun(string name, ITestOutputHelper output)
{
    private const int Repetitions = 5;

    /// <summary>Runs.</summary>
    /// <param name="start">Makes the comparison. The argument: whether different users are possible.</param>
    /// <param name="draw">Makes a script. The argument is the same.</param>
    public void Run<TScript>(Func<bool, IComparison<TScript>> start, Func<Random, bool, TScript> draw)
        where TScript : class, IScript<TScript>
    {
        Skip.IfNot(OperatingSystem.IsLinux() && Environment.Is64BitProcess, "not a Linux whose structures are known");
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                // Workers are children of this thread, and live as long as it does.
                Compare(start, draw);
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

    private void Compare<TScript>(Func<bool, IComparison<TScript>> start, Func<Random, bool, TScript> draw)
        where TScript : class, IScript<TScript>
    {
        var seed = (int)Setting("CONFORMANCE_SEED", Random.Shared.Next());
        var calls = Setting("CONFORMANCE_CALLS", 20_000);
        var isolated = Libc.unshare(Libc.CLONE_NEWIPC) == 0;
        var where = isolated ? "own IPC namespace" : "shared IPC namespace";
        Say($"CONFORMANCE_SEED={seed} CONFORMANCE_CALLS={calls}, {where}");
        var asRoot = Libc.geteuid() == 0;
        using var comparison = start(asRoot);
        var random = new Random(seed);
        var startedMs = Environment.TickCount64;
        for (var told = 0L; comparison.Calls < calls;)
        {
            if (comparison.Calls - told >= 20_000) Say($"{told = comparison.Calls} calls, no difference");
            var script = draw(random, asRoot);
            if (Undisturbed(comparison, script) is not { } difference) continue;
            var least = Shrinker.Shrink(script, shorter => Undisturbed(comparison, shorter) is not null);
            Assert.Fail($"CONFORMANCE_SEED={seed}: {difference}\nshrunk to: {least}\n"
                + (comparison.Run(least) ?? "(it did not happen again)"));
        }

        Say($"{comparison.Calls} calls in {(Environment.TickCount64 - startedMs) / 1000} s; {comparison.Summary}");
    }

    // signal(7): a blocked call fails with EINTR, or begins again at the end of its line, when its process was stopped
    // and continued, by whomever. So a difference counts only if there is one without that.
    private string? Undisturbed<TScript>(IComparison<TScript> comparison, TScript script)
        where TScript : class, IScript<TScript>
    {
        comparison.WasDisturbed();
        for (var repetition = 0; ; repetition++)
        {
            var difference = comparison.Run(script);
            if (difference is null || repetition == Repetitions) return difference;
            var disturbed = comparison.WasDisturbed();
            if (!disturbed && !difference.EndsWith(nameof(Protocol.Errno.EINTR), StringComparison.Ordinal))
                return difference;
            Say($"once more, since it may have been disturbed from outside: {difference}");
        }
    }

    private void Say(string text)
    {
        output.WriteLine($"{name}: {text}");
        Console.WriteLine($"{name}: {text}");
    }

    private static long Setting(string name, long otherwise) =>
        long.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value)
            ? value
            : otherwise;
}
