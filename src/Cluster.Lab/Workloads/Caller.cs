using Cluster.Client;
using Cluster.Lab.Histories;
using Cluster.Protocol;

namespace Cluster.Lab.Workloads;

/// <summary>
/// Makes a call, records it and counts it. Records from an exception whether the call happened, did not happen, or has
/// an unknown outcome.
/// </summary>
internal sealed class Caller(Recorder recorder, Action<ClientSlot, NumberedClient> lost)
{
    private int _ended;

    /// <summary>The number of calls that ended.</summary>
    public int Ended => Volatile.Read(ref _ended);

    /// <summary>Makes a call.</summary>
    /// <param name="slot">The client's slot. It is emptied if the client loses its process.</param>
    /// <param name="client">The client that makes the call.</param>
    /// <param name="call">The arguments to record. This method adds the client's number.</param>
    /// <param name="make">Makes the call and records its result.</param>
    /// <param name="begun">Gets the recorded call before it is made.</param>
    /// <returns>The call as it ended; null: the recorder is full, and the call was not made.</returns>
    public async Task<Operation?> CallAsync(
        ClientSlot slot,
        NumberedClient client,
        Operation call,
        Func<RecordedCall, ValueTask> make,
        Action<RecordedCall>? begun = null)
    {
        if (recorder.Begin(call with { Client = client.Number }) is not { } recorded) return null;
        begun?.Invoke(recorded);
        try
        {
            await make(recorded).ConfigureAwait(false);
        }
        catch (IpcException exception) when (exception is IpcSessionLostException || exception.Errno == Errno.EIO)
        {
            // EIO: a journal write failed, and it is not known whether the call is in the journal.
            recorded.Unknown();
            lost(slot, client);
        }
        catch (Exception exception) when (exception is IIpcError)
        {
            recorded.Refused(((IIpcError)exception).Errno);
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
        {
            recorded.Refused(Errno.EINTR);
        }

        Interlocked.Increment(ref _ended);
        return recorded.Operation;
    }
}
