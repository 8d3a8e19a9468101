using System.Text;
using Cluster.Client;

namespace Cluster.Cli.Tests;

/// <summary>Makes and looks at objects beside the tool.</summary>
internal static class Objects
{
    /// <summary>A new queue without a key, with messages of type 1.</summary>
    public static async Task<IMessageQueue> MakeQueueAsync(this Tool tool, params string[] texts)
    {
        var queue = await tool.Ipc.MessageQueues.CreateAsync((UnixFileMode)0x1A4);
        foreach (var text in texts) await queue.SendAsync(1, Encoding.UTF8.GetBytes(text));
        return queue;
    }

    /// <summary>A new POSIX queue that everybody may open.</summary>
    public static Task<IPosixMessageQueue> MakePosixQueueAsync(
        this Tool tool, string name, long messages = 10, long bytes = 100) => tool.Ipc.PosixMessageQueues.OpenAsync(
        name, OpenFlags.ReadWrite | OpenFlags.Create, (UnixFileMode)0x1B6, new PosixQueueSize(messages, bytes));

    /// <summary>Makes queues with the keys 1, 2, 3 and so on.</summary>
    public static async Task MakeQueuesAsync(this Tool tool, int count)
    {
        for (var key = 1; key <= count; key++) await tool.Ipc.MessageQueues.GetAsync(key);
    }

    /// <summary>The texts in a queue, which keeps its messages.</summary>
    public static async Task<string[]> TextsAsync(this IMessageQueue queue)
    {
        var texts = new string[(await queue.StatAsync()).Qnum];
        for (var i = 0; i < texts.Length; i++)
            texts[i] = Encoding.UTF8.GetString((await queue.CopyAsync(i)).Text.Span);
        return texts;
    }

    public static async Task<IReadOnlyList<int>> IdsAsync<THandle, TStat>(this IIpcObjects<THandle, TStat> objects)
    {
        var ids = new List<int>();
        await foreach (var (id, _) in objects.ListAsync()) ids.Add(id);
        return ids;
    }

    public static Task<MessageQueueStat> StatQueueAsync(this Tool tool, int id) =>
        tool.Ipc.MessageQueues.Open(id).StatAsync(any: true);

    public static Task<SemaphoreSetStat> StatSetAsync(this Tool tool, int id) =>
        tool.Ipc.SemaphoreSets.Open(id).StatAsync(any: true);

    public static Task<SharedMemorySegmentStat> StatSegmentAsync(this Tool tool, int id) =>
        tool.Ipc.SharedMemorySegments.Open(id).StatAsync(any: true);
}
