using System.Net.Sockets;

namespace Cluster.Client;

/// <summary>One end of a connection: a socket of connect(2), accept(2) or socketpair(2).</summary>
/// <example>
/// <code>
/// await using var service = await ipc.Sockets.ConnectAsync("/run/orders");
/// await service.SendAsync("hello"u8.ToArray());
/// await service.ShutdownAsync(SocketShutdown.Send);
/// using var answer = new StreamReader(service.AsStream());
/// Console.WriteLine(await answer.ReadToEndAsync());
/// </code>
/// </example>
public interface ISocketConnection : IIpcDescriptor
{
    /// <summary>
    /// recv(2): waits for the first byte, and takes what is there; of a <see cref="SocketType.Seqpacket"/> one packet, and
    /// what the buffer has no room for is lost. ECONNRESET, once: the other end was closed with unread bytes, or the socket
    /// that listened was closed before it accepted; EAGAIN: nothing is there, and the description does not block.
    /// </summary>
    /// <param name="buffer">Where the bytes go.</param>
    /// <param name="flags">Whether to wait for all bytes, or not at all, or to leave them there.</param>
    /// <param name="timeout">How long to wait; null: for ever. ETIMEDOUT.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    /// <returns>The number of bytes. 0: the end, since the other end is closed or shut down.</returns>
    ValueTask<int> ReceiveAsync(
        Memory<byte> buffer,
        ReceiveFlags flags = ReceiveFlags.None,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// send(2): bytes go to the other end as room appears there, of which it has 212,992 bytes. EPIPE: the other end is closed
    /// or receives no more; EAGAIN: there is no room, and the description does not block; EMSGSIZE: a packet of more than
    /// 212,960 bytes.
    /// </summary>
    /// <param name="data">At most 16 MiB. Copied.</param>
    /// <param name="timeout">How long to wait; null: for ever. ETIMEDOUT, if nothing was sent.</param>
    /// <param name="cancellationToken">Interrupts the call, if nothing was sent.</param>
    /// <returns>The number of bytes that were sent: fewer than were given if the time was over, the call was interrupted, or
    /// the description does not block.</returns>
    ValueTask<int> SendAsync(
        ReadOnlyMemory<byte> data, TimeSpan? timeout = null, CancellationToken cancellationToken = default);

    /// <summary>shutdown(2): the other end then gets the end of the bytes, or EPIPE.</summary>
    Task ShutdownAsync(SocketShutdown how, CancellationToken cancellationToken = default);

    /// <summary>SO_PEERCRED, SIOCINQ and the rest. The end of this descriptor comes first.</summary>
    Task<SocketInfo> GetInfoAsync(CancellationToken cancellationToken = default);

    /// <summary>One more descriptor for the description: dup(2).</summary>
    ISocketConnection Duplicate();

    /// <summary>
    /// The connection as a stream, which closes this descriptor when it is disposed of. It fails with an
    /// <see cref="IOException"/>, which has the <see cref="IpcException"/> inside.
    /// </summary>
    Stream AsStream();
}

/// <summary>Flags of recv(2), with Linux's values.</summary>
[Flags]
public enum ReceiveFlags
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>MSG_PEEK: the bytes stay.</summary>
    Peek = 2,

    /// <summary>MSG_DONTWAIT: EAGAIN rather than blocking.</summary>
    DontWait = 0x40,

    /// <summary>MSG_WAITALL: wait until the buffer is full, or the end has come.</summary>
    WaitAll = 0x100,
}
