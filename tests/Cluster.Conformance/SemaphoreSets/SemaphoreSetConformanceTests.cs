using Cluster.Conformance.Stories;
using Xunit.Abstractions;

namespace Cluster.Conformance.SemaphoreSets;

/// <summary>
/// Random scripts on the kernel under the tests and on the cluster's semaphore set: every result, every value and
/// count, and the blocked and woken calls must agree.
/// </summary>
public sealed class SemaphoreSetConformanceTests(ITestOutputHelper output)
{
    private const int StepsPerScript = 250;

    [SkippableFact]
    public void The_object_behaves_as_in_linux() => new ConformanceRun("semaphores", output).Run(
        asRoot => new Comparison(asRoot), (random, asRoot) => Script.Draw(random, StepsPerScript, asRoot));
}
