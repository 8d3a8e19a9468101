using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>
/// A descriptor: a number of the process that leads to an open file description of an object. Disposal closes it. A
/// call that fails throws <see cref="IpcException"/>; EBADF: the descriptor is closed.
/// </summary>
/// <example>
/// <code>
/// await using var queue = await ipc.PosixMessageQueues.OpenAsync("/jobs", OpenFlags.ReadWrite | OpenFlags.Create);
/// var ready = await queue.PollAsync(PollEvents.Readable, TimeSpan.FromSeconds(1));
/// </code>
/// </example>
public interface IIpcDescriptor : IAsyncDisposable
{
    /// <summary>The number of the descriptor in the process, from 0: the lowest that was free.</summary>
    int Descriptor { get; }

    /// <summary>The name with which the object was opened.</summary>
    string Name { get; }

    /// <summary>The open file description, as another process would name it.</summary>
    SharedDescription Description { get; }

    /// <summary>
    /// poll(2): waits until one of the events holds. <see cref="PollEvents.None"/>: the time-out came first.
    /// </summary>
    /// <param name="events">What to wait for.</param>
    /// <param name="timeout">How long to wait; null: for ever; zero: not at all.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<PollEvents> PollAsync(
        PollEvents events, TimeSpan? timeout = null, CancellationToken cancellationToken = default);

    /// <summary>fcntl(F_SETFL): whether calls fail with EAGAIN rather than block. Counts for the description.</summary>
    /// <param name="isNonblocking">Whether O_NONBLOCK is set.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task SetNonblockingAsync(bool isNonblocking, CancellationToken cancellationToken = default);

    /// <summary>
    /// Gives the description to another process, which holds it from then on, until it closes it or ends. The other
    /// process opens it with <c>OpenShared</c>. ESRCH: that process has ended, or never was; EMFILE: it has touched as many
    /// objects as it may; ENFILE: the object has <see cref="Bounds.HoldersPerObject"/> holders.
    /// </summary>
    /// <param name="pid">The other process.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    Task<SharedDescription> ShareAsync(int pid, CancellationToken cancellationToken = default);

    /// <summary>
    /// close(2). The description ends with the last descriptor of the last process. Closing a descriptor that is closed
    /// is EBADF here, and nothing in <see cref="IAsyncDisposable.DisposeAsync"/>.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait. The descriptor is closed all the same.</param>
    Task CloseAsync(CancellationToken cancellationToken = default);
}
