using Cluster.Conformance.Linux;
using Cluster.Conformance.Stories;
using Xunit.Abstractions;

namespace Cluster.Conformance.Mqueues;

/// <summary>
/// Random stories on the kernel under the tests and on our POSIX message queues: every result, message, attribute and
/// registration, and the blocked and woken calls must agree.
/// </summary>
public sealed class MqueueConformanceTests(ITestOutputHelper output)
{
    private const int StepsPerScript = 1_000;

    [SkippableFact]
    public void The_object_behaves_as_in_linux()
    {
        Skip.IfNot(HasQueues(), "the kernel has no POSIX message queues");
        new ConformanceRun("POSIX message queues", output).Run(
            asRoot => new Comparison(asRoot), (random, _) => Script.Draw(random, StepsPerScript));
    }

    private static bool HasQueues()
    {
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess) return false;
        var name = Script.Prefix + "try";
        var queue = Libc.mq_open(name, 0x42, 0x180, null);
        if (queue < 0) return false;
        Libc.close(queue);
        Libc.mq_unlink(name);
        return true;
    }
}
