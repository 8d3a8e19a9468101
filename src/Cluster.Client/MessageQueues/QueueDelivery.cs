using Cluster.Client.Connection;
using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>A delivery whose receive holds back the acknowledgement of the process.</summary>
internal sealed class QueueDelivery(IpcConnection connection, Target queue, Grant grant)
    : Delivery(PendingCall.ToMessage(grant.Result!))
{
    private ulong Seq => grant.Result!.Seq;

    protected override ValueTask AcknowledgeAsync()
    {
        ObjectDisposedException.ThrowIf(connection.IsDisposed, typeof(Delivery));
        return connection.Confirm(queue, Seq, grant.Pid)
            ? ValueTask.CompletedTask
            : throw new IpcSessionLostException("msgrcv", "the process has ended: the message is back in its queue");
    }

    protected override async ValueTask PutBackAsync(CancellationToken cancellationToken)
    {
        try
        {
            var call = new Call { Msgreturn = new MsgReturn { Seq = Seq } };
            await connection.CallAsync(queue, call, "msgreturn", cancellationToken, grant.Pid).ConfigureAwait(false);
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
