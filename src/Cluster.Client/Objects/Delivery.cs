namespace Cluster.Client;

/// <summary>
/// A message that was received and is not acknowledged yet. Until <see cref="AckAsync"/> the cluster keeps it for this
/// process: <see cref="ReturnAsync"/>, disposal without an acknowledgement, and the end of the process put it back in
/// its old place in the queue.
/// </summary>
/// <example>
/// <code>
/// await using var delivery = await queue.ReceiveDeliveryAsync();
/// await SaveAsync(delivery.Message.Text);   // if this throws, the message is back in its place
/// await delivery.AckAsync();
/// </code>
/// </example>
/// <remarks>Derive from this class to test a consumer without a cluster.</remarks>
/// <typeparam name="TMessage">The message of the kind of queue.</typeparam>
public abstract class Delivery<TMessage> : IAsyncDisposable
{
    private static readonly TimeSpan DisposalPatience = TimeSpan.FromSeconds(5);

    private const int Open = 0;
    private const int Settled = 1;

    private int _state;

    /// <param name="message">The message.</param>
    protected Delivery(TMessage message) => Message = message;

    /// <summary>The message.</summary>
    public TMessage Message { get; }

    /// <summary>Whether the message was acknowledged or returned.</summary>
    public bool IsSettled => Volatile.Read(ref _state) == Settled;

    /// <summary>
    /// The message is safe with the caller. Completes at once; the acknowledgement leaves within about ten
    /// milliseconds, or with the end of the client. If the client crashes before that, the message comes again.
    /// </summary>
    /// <exception cref="InvalidOperationException">The message was acknowledged or returned before.</exception>
    /// <exception cref="IpcSessionLostException">The process was lost, and its end has put the message
    /// back.</exception>
    /// <exception cref="ObjectDisposedException">The client is closed, and its end has put the message
    /// back.</exception>
    public ValueTask AckAsync()
    {
        Settle();
        return AcknowledgeAsync();
    }

    /// <summary>
    /// Puts the message back in its old place in the queue. Completes when that is in the journal, at once if the
    /// process has ended, which has the same effect. If it fails, the delivery stays open.
    /// </summary>
    /// <param name="cancellationToken">Interrupts the call.</param>
    /// <exception cref="InvalidOperationException">The message was acknowledged or returned before.</exception>
    /// <exception cref="IpcException">EIDRM, EINVAL: the queue was removed; EINVAL also: a node of an earlier version,
    /// which returns the message at the end of the process only.</exception>
    public async ValueTask ReturnAsync(CancellationToken cancellationToken = default)
    {
        Settle();
        try
        {
            await PutBackAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Volatile.Write(ref _state, Open);
            throw;
        }
    }

    /// <summary>
    /// Returns the message if it was neither acknowledged nor returned. A failure is not thrown: whatever it is, the
    /// message is back at the latest when the process ends, or its queue is removed. While no node can be reached,
    /// disposal waits for five seconds; the return goes on after that.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (IsSettled)
            return;
        var returning = ReturnQuietlyAsync();
        await Task.WhenAny(returning, Task.Delay(DisposalPatience)).ConfigureAwait(false);
    }

    /// <summary>Acknowledges the message. Called at most once.</summary>
    protected abstract ValueTask AcknowledgeAsync();

    /// <summary>Puts the message back.</summary>
    protected abstract ValueTask PutBackAsync(CancellationToken cancellationToken);

    private async Task ReturnQuietlyAsync()
    {
        try
        {
            await ReturnAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IpcException or InvalidOperationException)
        {
            // IpcException: see DisposeAsync. InvalidOperationException: another caller has settled the delivery.
        }
    }

    private void Settle()
    {
        if (Interlocked.Exchange(ref _state, Settled) == Settled)
            throw new InvalidOperationException("the delivery was acknowledged or returned before");
    }
}
