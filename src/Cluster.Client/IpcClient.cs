using Cluster.Client.Connection;
using Cluster.Client.Tracing;
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
    private const uint Nobody = 65534;

    private readonly IpcConnection _connection;
    private readonly IpcClientOptions _options;
    private readonly StateNotifier _notifier;

    private IpcClient(IIpcTransport transport, IpcClientOptions options)
    {
        _options = options;
        _notifier = new StateNotifier(change => StateChanged?.Invoke(this, change));
        _connection = new IpcConnection(transport, options, _notifier);
        MessageQueues = new MessageQueueCalls(_connection, options.TimeProvider);
        SemaphoreSets = new SemaphoreSetCalls(_connection, options.TimeProvider);
        SharedMemories = new SharedMemoryCalls(_connection, options.TimeProvider);
        Namespaces = new NamespaceCalls(_connection);
    }

    /// <inheritdoc/>
    public event EventHandler<IpcStateChange>? StateChanged;

    /// <inheritdoc/>
    public int Pid => _connection.Process?.Pid ?? 0;

    /// <inheritdoc/>
    public string Namespace =>
        _connection.Process is { Namespace.Length: > 0 } process ? process.Namespace : _options.Namespace;

    /// <inheritdoc/>
    public uint Uid => _connection.Process?.Credentials?.Uid ?? _options.Uid ?? Nobody;

    /// <inheritdoc/>
    public uint Gid => _connection.Process?.Credentials?.Gid ?? _options.Gid ?? _options.Uid ?? Nobody;

    /// <inheritdoc/>
    public IpcConnectionState State => _notifier.State;

    /// <inheritdoc/>
    public IMessageQueues MessageQueues { get; }

    /// <inheritdoc/>
    public ISemaphoreSets SemaphoreSets { get; }

    /// <inheritdoc/>
    public ISharedMemories SharedMemories { get; }

    /// <inheritdoc/>
    public INamespaces Namespaces { get; }

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
        ConnectAsync(Create(options), cancellationToken);

    /// <summary>Starts a process over a transport, which the client owns from then on.</summary>
    /// <exception cref="IpcConnectException">As above.</exception>
    public static Task<IpcClient> ConnectAsync(
        IIpcTransport transport, IpcClientOptions options, CancellationToken cancellationToken = default) =>
        ConnectAsync(Create(transport, options), cancellationToken);

    /// <summary>A client that connects on its first call, which then waits until a node answers.</summary>
    public static IpcClient Create(IpcClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return new IpcClient(new GrpcTransport(options), options);
    }

    /// <summary>A client that connects on its first call, over a transport that it owns from then on.</summary>
    public static IpcClient Create(IIpcTransport transport, IpcClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(transport);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return new IpcClient(transport, options);
    }

    /// <inheritdoc/>
    public Task<NodeStatReply> StatAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_connection.IsDisposed, this);
        return _connection.Transport.StatAsync(_connection.DefaultNode, cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<TraceFrame> TraceProcessAsync(int pid, CancellationToken cancellationToken = default) =>
        new Trace(_connection, _options).RunAsync(new TraceRequest { Process = pid }, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<TraceFrame> TraceObjectAsync(
        Kind kind, int id, CancellationToken cancellationToken = default) => new Trace(_connection, _options).RunAsync(
            new TraceRequest { Object = new Target { Kind = kind, Id = id } }, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private static async Task<IpcClient> ConnectAsync(IpcClient client, CancellationToken cancellationToken)
    {
        try
        {
            await client._connection.ConnectAsync(cancellationToken).ConfigureAwait(false);
            return client;
        }
        catch
        {
            await client.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
