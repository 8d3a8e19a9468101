using Cluster.Client.Connection;
using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>A delivery whose receive holds back the acknowledgement of the process.</summary>
/// <param name="message">The message.</param>
/// <param name="connection">The process that has received it.</param>
/// <param name="queue">The queue.</param>
/// <param name="grant">The receive.</param>
/// <param name="receive">The name of the receive, for exceptions.</param>
/// <param name="back">The call that puts the message back.</param>
internal sealed class QueueDelivery<TMessage>(
    TMessage message, IpcConnection connection, Target queue, Grant grant, string receive, Call back)
    : Delivery<TMessage>(message)
{
    private ulong Seq => grant.Result!.Seq;

    protected override ValueTask AcknowledgeAsync()
    {
        ObjectDisposedException.ThrowIf(connection.IsDisposed, typeof(Delivery<TMessage>));
        return connection.Confirm(queue, Seq, grant.Pid)
            ? ValueTask.CompletedTask
            : throw new IpcSessionLostException(receive, "the process has ended: the message is back in its queue");
    }

    protected override async ValueTask PutBackAsync(CancellationToken cancellationToken)
    {
        try
        {
            await connection.CallAsync(queue, back.Clone(), "return", cancellationToken, grant.Pid)
                .ConfigureAwait(false);
            connection.Confirm(queue, Seq, grant.Pid);
        }
        catch (Exception exception) when (exception is IpcSessionLostException or ObjectDisposedException)
        {
            // The end of the process has put the message back.
        }
        catch (IpcException exception) when (exception.Errno == Errno.ENOENT)
        {
            // The receive holds nothing any more, because the queue has put the message back already.
            connection.Confirm(queue, Seq, grant.Pid);
        }
    }
}
