using Cluster.Client.Connection;
using Cluster.Client.Descriptors;
using Cluster.Client.Tracing;
using Cluster.Protocol;
using Microsoft.Extensions.Logging;

namespace Cluster.Client;

/// <summary>
/// A process of the cluster, over TCP or over a transport that the caller gives.
/// The client reconnects by itself, and a call that was under way when the connection was lost happens exactly once:
/// the program notices a delay. Disposal interrupts the calls that are under way (those that did not happen throw
/// <see cref="ObjectDisposedException"/>) and ends the process.
/// </summary>
/// <example>
/// <code>
/// await using var ipc = await IpcClient.ConnectAsync("http://127.0.0.1:5210");
/// var queue = await ipc.MessageQueues.GetAsync(key: 42);
/// await queue.SendAsync(1, "hello"u8.ToArray());
/// </code>
/// </example>
public sealed class IpcClient : IIpcClient
{
    private const uint Nobody = 65534;

    private readonly IpcConnection _connection;
    private readonly IpcClientOptions _options;
    private readonly StateNotifier _notifier;

    private IpcClient(IpcTransport transport, IpcClientOptions options)
    {
        _options = options;
        var log = options.LoggerFactory.CreateLogger(typeof(IpcClient).FullName!);
        _notifier = new StateNotifier(change => StateChanged?.Invoke(this, change), log, options.TimeProvider);
        _connection = new IpcConnection(transport, options, _notifier, log);
        Namespace = new OwnNamespace(_connection, options.Namespace);
        MessageQueues = new MessageQueues(_connection, Namespace, options.TimeProvider);
        SemaphoreSets = new SemaphoreSets(_connection, Namespace, options.TimeProvider);
        SharedMemorySegments = new SharedMemorySegments(_connection, Namespace, options.TimeProvider);
        var descriptors = new DescriptorTable();
        PosixMessageQueues = new PosixMessageQueues(
            _connection, descriptors, options.Umask, options.MsgqueueLimit, options.TimeProvider);
        PosixSemaphores = new PosixSemaphores(_connection, descriptors, options.Umask, options.TimeProvider);
        PosixSharedMemory = new PosixSharedMemory(_connection, descriptors, options.Umask, options.TimeProvider);
        Locks = new Locks(PosixSharedMemory);
        var processes = new OwnProcesses(_connection);
        Processes = processes;
        Signals = new OwnSignals(_connection, processes, log);
        Fifos = new Fifos(_connection, descriptors, options.Umask, options.TimeProvider);
        Sockets = new Sockets(_connection, descriptors, options.Umask, options.TimeProvider);
    }

    public event EventHandler<IpcStateChange>? StateChanged;

    public int Pid => _connection.Process?.Pid ?? 0;

    public uint Uid => _connection.Process?.Credentials?.Uid ?? _options.Uid ?? Nobody;

    public uint Gid => _connection.Process?.Credentials?.Gid ?? _options.Gid ?? _options.Uid ?? Nobody;

    public IpcConnectionState State => _notifier.State;

    public IMessageQueues MessageQueues { get; }

    public ISemaphoreSets SemaphoreSets { get; }

    public ISharedMemorySegments SharedMemorySegments { get; }

    public IPosixMessageQueues PosixMessageQueues { get; }

    public IPosixSemaphores PosixSemaphores { get; }

    public IPosixSharedMemory PosixSharedMemory { get; }

    public ILocks Locks { get; }

    public IFifos Fifos { get; }

    public ISockets Sockets { get; }

    public IProcesses Processes { get; }

    public ISignals Signals { get; }

    public INamespace Namespace { get; }

    /// <summary>Starts a process by way of one gateway.</summary>
    /// <param name="address">For example http://127.0.0.1:5210.</param>
    /// <param name="cancellationToken">Gives up the attempt.</param>
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
        IpcTransport transport, IpcClientOptions options, CancellationToken cancellationToken = default) =>
        ConnectAsync(Create(transport, options), cancellationToken);

    /// <summary>A client that connects on its first call, which then waits until a node answers.</summary>
    /// <exception cref="ArgumentException">An option is not valid.</exception>
    public static IpcClient Create(IpcClientOptions options)
    {
        options = Snapshot(options);
        return new IpcClient(new GrpcTransport(options), options);
    }

    /// <summary>A client that connects on its first call, over a transport that it owns from then on.</summary>
    /// <exception cref="ArgumentException">An option is not valid.</exception>
    public static IpcClient Create(IpcTransport transport, IpcClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(transport);
        return new IpcClient(transport, Snapshot(options));
    }

    public async Task<NodeStatus> StatAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_connection.IsDisposed, this);
        return NodeStatus.From(await _connection.Transport.StatAsync(_connection.DefaultNode, cancellationToken)
            .ConfigureAwait(false));
    }

    public IAsyncEnumerable<IpcTraceFrame> TraceProcessAsync(int pid, CancellationToken cancellationToken = default) =>
        new Trace(_connection, _options).RunAsync(new TraceRequest { Process = pid }, cancellationToken);

    public IAsyncEnumerable<IpcTraceFrame> TraceObjectAsync(
        IpcObjectKind kind, int id, CancellationToken cancellationToken = default) =>
        new Trace(_connection, _options).RunAsync(
            new TraceRequest { Object = new Target { Kind = (Kind)kind, Id = id } }, cancellationToken);

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    public ValueTask ExitAsync(int status) => _connection.ExitAsync(status);

    private static IpcClientOptions Snapshot(IpcClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Snapshot();
    }

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
