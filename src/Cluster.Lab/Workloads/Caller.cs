using Cluster.Client;
using Cluster.Lab.Histories;
using Cluster.Protocol;

namespace Cluster.Lab.Workloads;

/// <summary>Makes a call: records it, counts it, and sorts its exceptions by what they say of whether it
/// happened.</summary>
internal sealed class Caller(Recorder recorder, Action<Place, Seat> lost)
{
    private int _ended;

    /// <summary>Calls that ended.</summary>
    public int Ended => Volatile.Read(ref _ended);

    /// <summary>Makes a call.</summary>
    /// <param name="place">Whose seat is given up if its process is lost.</param>
    /// <param name="seat">Who calls.</param>
    /// <param name="call">What is recorded of it; the client's number is put in here.</param>
    /// <param name="make">Makes it, and records its result.</param>
    /// <param name="begun">Told of the recorded call before it is made.</param>
    /// <returns>The call as it ended; null: the recorder is full, and it was not made.</returns>
    public async Task<Operation?> CallAsync(
        Place place,
        Seat seat,
        Operation call,
        Func<RecordedCall, ValueTask> make,
        Action<RecordedCall>? begun = null)
    {
        if (recorder.Begin(call with { Client = seat.Number }) is not { } recorded) return null;
        begun?.Invoke(recorded);
        try
        {
            await make(recorded).ConfigureAwait(false);
        }
        catch (IpcException exception) when (exception is IpcSessionLostException || exception.Errno == Errno.EIO)
        {
            // EIO: the journal failed, with the call in it or not.
            recorded.Unknown();
            lost(place, seat);
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
