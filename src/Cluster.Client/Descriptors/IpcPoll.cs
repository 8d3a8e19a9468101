namespace Cluster.Client;

/// <summary>poll(2) of several descriptors.</summary>
/// <example>
/// <code>
/// var ready = await IpcPoll.WaitAnyAsync([new(orders, PollEvents.Readable), new(replies, PollEvents.Readable)]);
/// foreach (var (descriptor, events) in ready)
///     Console.WriteLine($"{descriptor.Name}: {events}");
/// </code>
/// </example>
public static class IpcPoll
{
    /// <summary>
    /// Waits until an event holds of one of the descriptors at least, whatever their kinds. The client asks each object
    /// with a call of its own, and cancels the other calls when one has completed. Nothing is journalled.
    /// </summary>
    /// <param name="polled">The descriptors, each with the events to wait for; at least one.</param>
    /// <param name="timeout">How long to wait; null: for ever; zero: not at all.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    /// <returns>The descriptors of which events hold, with these events; empty: the time-out came first.</returns>
    /// <exception cref="IpcException">EBADF: a descriptor is closed.</exception>
    public static async Task<IReadOnlyList<PolledDescriptor>> WaitAnyAsync(
        IEnumerable<PolledDescriptor> polled,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(polled);
        var all = polled.ToArray();
        if (all.Length == 0)
            throw new ArgumentException("no descriptor to wait for", nameof(polled));
        using var rest = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var calls = Array.ConvertAll(all, each => each.Descriptor.PollAsync(each.Events, timeout, rest.Token));
        await Task.WhenAny(calls).ConfigureAwait(false);
        await rest.CancelAsync().ConfigureAwait(false);
        var ready = new List<PolledDescriptor>();
        for (var i = 0; i < calls.Length; i++)
        {
            try
            {
                if (await calls[i].ConfigureAwait(false) is var events and not PollEvents.None)
                    ready.Add(new PolledDescriptor(all[i].Descriptor, events));
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // Another one was first.
            }
        }

        return ready;
    }
}

/// <summary>A descriptor, and events of poll(2): those to wait for, or those that hold.</summary>
/// <param name="Descriptor">The descriptor.</param>
/// <param name="Events">The events.</param>
public readonly record struct PolledDescriptor(IIpcDescriptor Descriptor, PollEvents Events);
