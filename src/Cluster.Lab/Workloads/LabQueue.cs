using Cluster.Client;

namespace Cluster.Lab.Workloads;

/// <summary>A queue of either kind, as the loops use it.</summary>
internal abstract class LabQueue(string name)
{
    /// <summary>The name in the history.</summary>
    public string Name => name;

    /// <summary>A System V message queue.</summary>
    public static LabQueue Of(string name, int id) => new SystemV(name, id);

    /// <summary>A POSIX message queue, by the name with which it is opened.</summary>
    public static LabQueue Of(string name, string path) => new Posix(name, path);

    /// <summary>
    /// Whether calls of a client reach the queue in the order in which the client makes them. The first call on a POSIX
    /// queue opens it, and another call may overtake that one.
    /// </summary>
    public virtual bool KeepsOrder(NumberedClient client) => true;

    /// <summary>The selector that the history has for a receive.</summary>
    public abstract long SelectorOf(long selector);

    public abstract ValueTask SendAsync(NumberedClient client, long type, byte[] text, TimeSpan wait);

    /// <summary>Receives a message; null: there is none. Without a wait it does not block.</summary>
    public abstract ValueTask<IpcMessage?> ReceiveAsync(NumberedClient client, long selector, TimeSpan? wait);

    private sealed class SystemV(string name, int id) : LabQueue(name)
    {
        public override long SelectorOf(long selector) => selector;

        public override ValueTask SendAsync(NumberedClient client, long type, byte[] text, TimeSpan wait) =>
            client.Ipc.MessageQueues.Open(id).SendAsync(type, text, wait);

        public override async ValueTask<IpcMessage?> ReceiveAsync(NumberedClient client, long selector, TimeSpan? wait)
        {
            var queue = client.Ipc.MessageQueues.Open(id);
            return wait is null
                ? await queue.TryReceiveAsync(selector).ConfigureAwait(false)
                : await queue.ReceiveAsync(selector, timeout: wait).ConfigureAwait(false);
        }
    }

    private sealed class Posix(string name, string path) : LabQueue(name)
    {
        public override bool KeepsOrder(NumberedClient client) => client.HasOpened(path);

        public override long SelectorOf(long selector) => WorkloadObjects.AnyPriority;

        public override async ValueTask SendAsync(NumberedClient client, long type, byte[] text, TimeSpan wait)
        {
            var opening = client.OpenQueueAsync(path); // complete, unless this is the first call of the client
            var queue = opening.IsCompletedSuccessfully ? opening.Result : await opening.ConfigureAwait(false);
            await queue.SendAsync(text, WorkloadObjects.PriorityOf(type), wait).ConfigureAwait(false);
        }

        public override async ValueTask<IpcMessage?> ReceiveAsync(NumberedClient client, long selector, TimeSpan? wait)
        {
            var queue = await client.OpenQueueAsync(path).ConfigureAwait(false);
            PosixMessage? message = wait is null
                ? await queue.TryReceiveAsync().ConfigureAwait(false)
                : await queue.ReceiveAsync(wait).ConfigureAwait(false);
            return message is { } taken
                ? new IpcMessage(WorkloadObjects.TypeOf(taken.Priority), taken.Text, taken.Revision)
                : null;
        }
    }
}
