using Cluster.Client.Connection;
using Cluster.Client.Descriptors;
using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>A registration, and the call that waits until it is used.</summary>
internal sealed class PosixQueueRegistration : IPosixQueueRegistration
{
    public const string Notify = "mq_notify";

    private readonly OpenDescription _description;
    private readonly ulong _number;
    private readonly bool _isUsed; // once Notified is complete
    private int _isOver;

    public PosixQueueRegistration(OpenDescription description, ulong number, NotifyMethod method)
    {
        _description = description;
        _number = number;
        _isUsed = method != NotifyMethod.None;
        Notified = method == NotifyMethod.None ? Task.FromResult<PosixNotification?>(null) : WaitAsync(number);
    }

    public Task<PosixNotification?> Notified { get; }

    public async ValueTask DisposeAsync()
    {
        if ((_isUsed && Notified.IsCompleted) || Interlocked.Exchange(ref _isOver, 1) != 0)
            return;
        try
        {
            var notify = new MqueueNotify { Description = _description.Number, Remove = true, Registration = _number };
            var call = new Call { Mqueue = new MqueueCall { Notify = notify } };
            await _description.CallAsync(call, Notify, CancellationToken.None).ConfigureAwait(false);
            await Notified.ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IpcException or IpcConnectException or ObjectDisposedException)
        {
            // The queue was closed, or the process has ended: both remove the registration.
        }
    }

    private async Task<PosixNotification?> WaitAsync(ulong number)
    {
        var wait = new Call { Mqueue = new MqueueCall { Await = new MqueueAwait { Registration = number } } };
        var call = _description.Begin(wait, Notify, null, Errno.ENOENT, CancellationToken.None);
        var result = await new ValueTask<Result>(call, call.Version).ConfigureAwait(false);
        return result.MqueueNotification is { } told
            ? new PosixNotification(told.Value, told.Pid, told.Uid)
            : null;
    }
}
