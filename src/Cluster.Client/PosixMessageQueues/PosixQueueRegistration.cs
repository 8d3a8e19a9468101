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
    private readonly int _signal; // to send to this process; 0: none
    private int _isOver;

    public PosixQueueRegistration(OpenDescription description, ulong number, NotifyMethod method, int signal)
    {
        _signal = signal;
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
        if (result.MqueueNotification is not { } told)
            return null;
        if (_signal != 0)
            await SendAsync(told).ConfigureAwait(false);
        return new PosixNotification(told.Value, told.Pid, told.Uid);
    }

    // The queue has told this process once, and the signal is one call: so it is sent once. If the process dies in between,
    // nobody is left who could get it.
    private Task SendAsync(MqueueNotification told)
    {
        var send = new SignalSend
        {
            Signal = _signal, Code = (int)SignalCode.MessageQueue, Value = told.Value, FromPid = told.Pid, FromUid = told.Uid,
        };
        return _description.Connection.RaiseAsync(_description.Pid, send, Notify);
    }
}
