using System.Runtime.CompilerServices;
using Cluster.Client.Connection;
using Cluster.Client.Descriptors;
using Cluster.Protocol;

namespace Cluster.Client;

internal sealed class Sockets(
    IpcConnection connection, DescriptorTable table, UnixFileMode umask, TimeProvider time)
    : NamedObjectSet<ISocketConnection>(connection, table, Kind.Socket, "", umask, time), ISockets
{
    private const string Connect = "connect";

    private readonly UnixFileMode _umask = umask;
    private readonly IpcConnection _connection = connection;
    private readonly DescriptorTable _table = table;
    private readonly Target _directory = new() { Kind = Kind.Directory, Id = (int)Kind.Socket };

    public async Task<ISocketListener> ListenAsync(
        string name, SocketListenOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        options ??= new SocketListenOptions();
        var descriptor = _table.Take("socket");
        try
        {
            var get = New(options);
            (get.Name, get.Unnamed) = (name, false);
            get.Flags |= IpcFlags.IPC_EXCL;
            get.Mode = (uint)(options.Mode & ~_umask);
            var description = await OpenNewAsync(get, options, "bind", name, cancellationToken).ConfigureAwait(false);
            var listener = new SocketListener(description, descriptor);
            await listener.SetBacklogAsync(options.Backlog, CancellationToken.None).ConfigureAwait(false);
            return listener;
        }
        catch
        {
            _table.Return(descriptor);
            throw;
        }
    }

    public async Task<ISocketConnection> ConnectAsync(
        string name,
        SocketOptions? options = null,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        options ??= new SocketOptions();
        var descriptor = _table.Take("socket");
        try
        {
            var listener = await FindListenerAsync(name, cancellationToken).ConfigureAwait(false);
            var description = await OpenNewAsync(New(options), options, Connect, name, cancellationToken)
                .ConfigureAwait(false);
            try
            {
                var connect = new SocketCall
                {
                    Connect = new SocketConnect { Description = description.Number, Listener = listener, Name = name },
                };
                var call = description.Begin(
                    new Call { Socket = connect }, Connect, timeout, Errno.None, cancellationToken);
                await new ValueTask<Result>(call, call.Version).ConfigureAwait(false);
                return new SocketConnection(description, descriptor);
            }
            catch
            {
                // The socket without a connection is of no use to the caller. The caller is told why there is none.
                await ReleaseQuietlyAsync(description).ConfigureAwait(false);
                throw;
            }
        }
        catch
        {
            _table.Return(descriptor);
            throw;
        }
    }

    public async Task<SocketPair> CreatePairAsync(
        SocketOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new SocketOptions();
        var (first, second) = await OpenPairAsync(
            options.NonBlocking ? OpenFlags.NonBlocking : 0, options.Durability, "socketpair",
            get => get.Socket = new SocketSpec { Type = (int)options.Type }, cancellationToken).ConfigureAwait(false);
        return new SocketPair(first, second);
    }

    public ISocketListener OpenSharedListener(SharedDescription shared)
    {
        if (shared.Target.Kind != Kind.Socket)
            throw new ArgumentException($"'{shared}' is of another kind", nameof(shared));
        return new SocketListener(
            new OpenDescription(_connection, _table, shared.Target, shared.Number, shared.Name, pid: 0), _table.Take("open"));
    }

    public async IAsyncEnumerable<SocketInfo> ListSocketsAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var entry in ListAllAsync(cancellationToken).ConfigureAwait(false))
        {
            if (await TryGetInfoAsync(entry.Id, cancellationToken).ConfigureAwait(false) is { } info)
                yield return info;
        }
    }

    protected override string UnnamedWord => "socket";

    protected override ISocketConnection Handle(OpenDescription description, int descriptor) =>
        new SocketConnection(description, descriptor);

    private static Get New(SocketOptions options) => new()
    {
        Unnamed = true,
        Flags = IpcFlags.IPC_CREAT,
        Mode = (uint)(UnixFileMode.UserRead | UnixFileMode.UserWrite), // as sockfs has it
        Volatile = options.Durability == Durability.Volatile,
        Socket = new SocketSpec { Type = (int)options.Type },
    };

    private async Task<OpenDescription> OpenNewAsync(
        Get get, SocketOptions options, string call, string name, CancellationToken cancellationToken)
    {
        var made = await FindAsync(get, call, cancellationToken).ConfigureAwait(false);
        var flags = FileFlags.O_RDWR | (options.NonBlocking ? FileFlags.O_NONBLOCK : 0);
        var open = new DescriptionOpen { Flags = flags, CreatedBy = made.Result!.Seq };
        var target = new Target { Kind = Kind.Socket, Id = made.Result.Got.Id };
        // The socket that was made waits for its creator, so this call is not interrupted.
        var opened = await OpenAsync(target, open, call, made.Pid, CancellationToken.None).ConfigureAwait(false);
        return new OpenDescription(
            _connection, _table, target, opened.Result!.DescriptionOpened.Number, name, opened.Pid);
    }

    private async Task<int> FindListenerAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return (await FindAsync(new Get { Name = name }, Connect, cancellationToken).ConfigureAwait(false)).Result!.Got.Id;
        }
        catch (IpcException exception) when (exception.Errno == Errno.ENOENT && SocketName.IsAbstract(name))
        {
            // unix_find_abstract of net/unix/af_unix.c.
            throw new IpcException(Errno.ECONNREFUSED, Connect);
        }
    }

    private static async Task ReleaseQuietlyAsync(OpenDescription description)
    {
        try
        {
            await description.ReleaseAsync("close").ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IpcException or IpcConnectException or ObjectDisposedException)
        {
            // The end of the process closes it.
        }
    }

    private async Task<SocketInfo?> TryGetInfoAsync(int id, CancellationToken cancellationToken)
    {
        try
        {
            var target = new Target { Kind = Kind.Socket, Id = id };
            var stat = new Call { Socket = new SocketCall { Stat = new SocketStat() } };
            var result = await _connection.CallAsync(target, stat, "stat", cancellationToken).ConfigureAwait(false);
            return SocketInfo.From(id, result.SocketStatus);
        }
        catch (IpcException exception) when (exception.Errno is Errno.EBADF or Errno.EIDRM or Errno.ECONNRESET)
        {
            return null; // it ended after it was listed
        }
    }
}
