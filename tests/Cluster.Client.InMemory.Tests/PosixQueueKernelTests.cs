using System.Text;

namespace Cluster.Client.InMemory.Tests;

/// <summary>What tests of POSIX message queues have in common.</summary>
public abstract class PosixQueueKernelTests : KernelTests
{
    protected const OpenFlags Make = OpenFlags.ReadWrite | OpenFlags.Create;

    protected static Task<IPosixMessageQueue> OpenAsync(IpcClient ipc, string name, long messages, long bytes) =>
        ipc.PosixMessageQueues.OpenAsync(name, Make, size: new PosixQueueSize(messages, bytes));

    protected static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    protected static string Text(PosixMessage message) => Encoding.UTF8.GetString(message.Text.Span);
}
