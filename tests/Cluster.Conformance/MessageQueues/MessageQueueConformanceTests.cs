using Cluster.Conformance.Linux;
using Cluster.Conformance.Stories;
using Cluster.Protocol;
using Xunit.Abstractions;

namespace Cluster.Conformance.MessageQueues;

/// <summary>
/// Random stories on the kernel under the tests and on our message queues: every result, message and member of
/// msqid_ds, and the blocked and woken calls must agree.
/// </summary>
public sealed class MessageQueueConformanceTests(ITestOutputHelper output)
{
    private const int StepsPerScript = 250;

    [SkippableFact]
    public void The_object_behaves_as_in_linux()
    {
        Skip.IfNot(HasCopy(), "the kernel has no MSG_COPY to look into its queues with, or no message queues");
        new ConformanceRun("message queues", output).Run(
            asRoot => new Comparison(asRoot), (random, asRoot) => Script.Draw(random, StepsPerScript, asRoot));
    }

    private static bool HasCopy()
    {
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess) return false;
        var id = Libc.msgget(IpcFlags.IPC_PRIVATE, 0x180);
        if (id < 0) return false;
        var hasCopy = QueueCalls.Contents(id) is not null;
        Libc.msgctl(id, Libc.IPC_RMID, []);
        return hasCopy;
    }
}
