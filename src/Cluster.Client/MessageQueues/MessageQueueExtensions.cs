using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>Common ways to use a queue.</summary>
public static class MessageQueueExtensions
{
    /// <summary>
    /// Receives a message, hands it to take, and acknowledges it once take has completed. If take throws, the message
    /// goes back to its old place in the queue, and the exception goes on to the caller.
    /// </summary>
    /// <param name="queue">The queue.</param>
    /// <param name="take">Puts the message where it will be safe.</param>
    /// <param name="type">As for <see cref="IMessageQueue.ReceiveDeliveryAsync"/>.</param>
    /// <param name="maxBytes">As for <see cref="IMessageQueue.ReceiveDeliveryAsync"/>.</param>
    /// <param name="flags">As for <see cref="IMessageQueue.ReceiveDeliveryAsync"/>.</param>
    /// <param name="timeout">How long to wait for a message; null: for ever. take has all the time that it
    /// needs.</param>
    /// <param name="cancellationToken">Interrupts the call, not take.</param>
    public static async Task ReceiveIntoAsync(
        this IMessageQueue queue,
        Func<IpcMessage, ValueTask> take,
        long type = 0,
        int maxBytes = Bounds.MessageBytes,
        MsgFlags flags = MsgFlags.None,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(queue);
        ArgumentNullException.ThrowIfNull(take);
        var delivery = await queue.ReceiveDeliveryAsync(type, maxBytes, flags, timeout, cancellationToken)
            .ConfigureAwait(false);
        await using (delivery.ConfigureAwait(false))
        {
            await take(delivery.Message).ConfigureAwait(false);
            await delivery.AckAsync().ConfigureAwait(false);
        }
    }
}
