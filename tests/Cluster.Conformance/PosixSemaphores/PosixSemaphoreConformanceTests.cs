using Cluster.Conformance.Linux;
using Cluster.Conformance.Stories;
using Xunit.Abstractions;

namespace Cluster.Conformance.PosixSemaphores;

/// <summary>
/// Random stories on the C library's named semaphores and on ours: every result, every value, and the blocked and woken
/// calls must agree.
/// </summary>
public sealed class PosixSemaphoreConformanceTests(ITestOutputHelper output)
{
    private const int StepsPerScript = 1_000;

    [SkippableFact]
    public void The_object_behaves_as_in_linux()
    {
        Skip.IfNot(HasSemaphores(), "no named semaphores here: /dev/shm is missing, or is no tmpfs");
        new ConformanceRun("POSIX semaphores", output).Run(
            asRoot => new Comparison(asRoot), (random, _) => Script.Draw(random, StepsPerScript));
    }

    private static bool HasSemaphores()
    {
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess) return false;
        var name = Script.Prefix + "try";
        var semaphore = Libc.sem_open(name, 0x40, 0x180, 1);
        if (semaphore == 0) return false;
        Libc.sem_close(semaphore);
        Libc.sem_unlink(name);
        return true;
    }
}
