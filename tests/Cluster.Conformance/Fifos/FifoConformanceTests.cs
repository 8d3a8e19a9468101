using Cluster.Conformance.Stories;
using Xunit.Abstractions;

namespace Cluster.Conformance.Fifos;

/// <summary>
/// Random stories on the kernel's FIFOs and on ours: every result, every byte, size and capacity, and the blocked and
/// woken calls must agree.
/// </summary>
public sealed class FifoConformanceTests(ITestOutputHelper output)
{
    private const int StepsPerScript = 400;

    [SkippableFact]
    public void The_object_behaves_as_in_linux() => new ConformanceRun("FIFOs", output).Run(
        asRoot => new Comparison(asRoot), (random, _) => Script.Draw(random, StepsPerScript));
}
