using System.Text;
using Cluster.Client;

namespace Cluster.EndToEnd.Examples;

/// <summary>The README's first example: a test keeps the two equal, and runs it.</summary>
internal static class Hello
{
    public static async Task<string> RunAsync(string address, CancellationToken stop)
    {
        // <example>
        await using var ipc = await IpcClient.ConnectAsync(address);
        var queue = await ipc.MessageQueues.GetAsync(key: 42);
        await queue.SendAsync(type: 1, "hello"u8.ToArray());
        var message = await queue.ReceiveAsync(cancellationToken: stop);
        var text = Encoding.UTF8.GetString(message.Text.Span);
        // </example>
        return text;
    }
}
