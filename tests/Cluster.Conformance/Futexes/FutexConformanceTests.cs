using Cluster.Conformance.Stories;
using Xunit.Abstractions;

namespace Cluster.Conformance.Futexes;

/// <summary>
/// Random stories on futexes of the kernel, by real processes that die, and on ours: every result, every word, and the blocked
/// and woken calls must agree.
/// </summary>
public sealed class FutexConformanceTests(ITestOutputHelper output)
{
    private const int StepsPerScript = 1_000;

    [SkippableFact]
    public void Words_and_locks_behave_as_in_linux()
    {
        Skip.IfNot(Directory.Exists("/dev/shm"), "no /dev/shm");
        new ConformanceRun("futexes", output).Run(
            asRoot => new Comparison(asRoot), (random, _) => Script.Draw(random, StepsPerScript));
    }
}
