using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>
/// A process of the cluster, over gRPC or over a transport of one's own.
/// <code>
/// await using var ipc = await IpcClient.ConnectAsync("http://127.0.0.1:5210");
/// var queue = await ipc.MessageQueues.GetAsync(key: 42);
/// await queue.SendAsync(1, "hello"u8.ToArray());
/// </code>
/// A lost connection is found again without the caller's help, and a call that was under way then happens exactly
/// once all the same: the program notices a delay. Disposal interrupts the calls that are under way (those that did
/// not happen throw <see cref="ObjectDisposedException"/>) and ends the process.
/// </summary>
public sealed class IpcClient : IIpcClient
{
    private IpcClient()
    {
    }

    /// <inheritdoc/>
    public event EventHandler<IpcStateChange>? StateChanged
    {
        add { }
        remove { }
    }

    /// <inheritdoc/>
    public int Pid => throw new NotImplementedException();

    /// <inheritdoc/>
    public string Namespace => throw new NotImplementedException();

    /// <inheritdoc/>
    public uint Uid => throw new NotImplementedException();

    /// <inheritdoc/>
    public uint Gid => throw new NotImplementedException();

    /// <inheritdoc/>
    public IpcConnectionState State => throw new NotImplementedException();

    /// <inheritdoc/>
    public IMessageQueues MessageQueues => throw new NotImplementedException();

    /// <inheritdoc/>
    public INamespaces Namespaces => throw new NotImplementedException();

    /// <summary>Starts a process by way of one gateway.</summary>
    /// <param name="address">For example http://127.0.0.1:5210.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    /// <exception cref="IpcConnectException">Nothing answers, or the node refuses.</exception>
    public static Task<IpcClient> ConnectAsync(string address, CancellationToken cancellationToken = default) =>
        ConnectAsync(new IpcClientOptions { Addresses = [address] }, cancellationToken);

    /// <summary>Starts a process.</summary>
    /// <exception cref="IpcConnectException">Nothing answers within the time-out, or the node refuses: ENOENT: no
    /// such namespace; EPERM: not as this user.</exception>
    public static Task<IpcClient> ConnectAsync(
        IpcClientOptions options, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>Starts a process over a transport, which the client owns from then on.</summary>
    public static Task<IpcClient> ConnectAsync(
        IIpcTransport transport, IpcClientOptions options, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>A client that connects on its first call, which then waits until a node answers.</summary>
    public static IpcClient Create(IpcClientOptions options) => throw new NotImplementedException();

    /// <summary>A client that connects on its first call, over a transport that it owns from then on.</summary>
    public static IpcClient Create(IIpcTransport transport, IpcClientOptions options) =>
        throw new NotImplementedException();

    /// <inheritdoc/>
    public Task<NodeStatReply> StatAsync(CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
