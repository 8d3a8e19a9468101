using Cluster.Conformance.Linux;
using Cluster.Conformance.Stories;
using Xunit.Abstractions;

namespace Cluster.Conformance.PosixSharedMemory;

/// <summary>
/// Random stories on the kernel's POSIX shared memory and on ours: every result, every size and every byte must agree.
/// </summary>
public sealed class PosixSharedMemoryConformanceTests(ITestOutputHelper output)
{
    private const int StepsPerScript = 1_000;

    [SkippableFact]
    public void The_object_behaves_as_in_linux()
    {
        Skip.IfNot(HasSharedMemory(), "no POSIX shared memory here: /dev/shm is missing, or is no tmpfs");
        new ConformanceRun("POSIX shared memory", output).Run(
            asRoot => new Comparison(asRoot), (random, _) => Script.Draw(random, StepsPerScript));
    }

    private static bool HasSharedMemory()
    {
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess) return false;
        var name = Script.Prefix + "try";
        var fd = Libc.shm_open(name, 0x40, 0x180);
        if (fd < 0) return false;
        Libc.close(fd);
        Libc.shm_unlink(name);
        return true;
    }
}
