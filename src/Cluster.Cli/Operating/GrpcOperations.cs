using System.Globalization;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using OperationsClient = Cluster.Protocol.Operations.OperationsClient;

namespace Cluster.Cli.Operating;

/// <summary>
/// The service for operators of the first node that answers. As a process does, it waits for a node that nobody can reach
/// yet, and longer for one that is there and says that it is starting.
/// </summary>
internal sealed class GrpcOperations(IpcClientOptions options) : IOperations
{
    private static readonly TimeSpan OneNode = TimeSpan.FromSeconds(12);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly Dictionary<string, GrpcChannel> _channels = [];
    private IReadOnlyList<string> _addresses = options.Addresses;

    // Null: those that the node knows the caller by.
    private Credentials? Credentials => options.Uid is { } uid
        ? new Credentials { Uid = uid, Gid = options.Gid ?? uid, Groups = { options.Groups } }
        : null;

    public void Prefer(IEnumerable<string> gateways) => _addresses = [.. gateways.Union(options.Addresses)];

    public Task<MembersReply> MembersAsync(CancellationToken cancelled) =>
        CallAsync((client, call) => client.MembersAsync(new MembersRequest(), call), cancelled);

    public async Task LeaveAsync(string address, CancellationToken cancelled)
    {
        var order = new NodeOrder { Credentials = Credentials, Address = address };
        Check("leave", await CallAsync((client, call) => client.LeaveAsync(order, call), cancelled));
    }

    public async Task DownAsync(string address, bool evenIfReachable, CancellationToken cancelled)
    {
        var order = new NodeOrder
        {
            Credentials = Credentials, Address = address, EvenIfReachable = evenIfReachable,
        };
        Check("down", await CallAsync((client, call) => client.DownAsync(order, call), cancelled));
    }

    public async Task RebalanceAsync(CancellationToken cancelled)
    {
        var order = new RebalanceOrder { Credentials = Credentials };
        Check("rebalance", await CallAsync((client, call) => client.RebalanceAsync(order, call), cancelled));
    }

    public async Task<OwnerReply> OwnerAsync(Target target, ulong offset, CancellationToken cancelled)
    {
        var request = new OwnerRequest { Namespace = options.Namespace, Object = target, Offset = offset };
        var reply = await CallAsync((client, call) => client.OwnerAsync(request, call), cancelled);
        return reply.Errno == 0 ? reply : throw new IpcException((Errno)reply.Errno, "owner", reply.Reason);
    }

    public Task<WhoAmIReply> WhoAmIAsync(CancellationToken cancelled) => CallAsync(
        (client, call) => client.WhoAmIAsync(new WhoAmIRequest { Credentials = Credentials }, call), cancelled);

    public ValueTask DisposeAsync()
    {
        foreach (var channel in _channels.Values) channel.Dispose();
        return ValueTask.CompletedTask;
    }

    private static void Check(string order, OrderReply reply)
    {
        if (reply.Errno != 0) throw new IpcException((Errno)reply.Errno, order, reply.Reason);
    }

    // If a node dies after it got an order, the next node gets the order too. All orders are idempotent.
    private async Task<T> CallAsync<T>(
        Func<OperationsClient, CallOptions, AsyncUnaryCall<T>> call, CancellationToken cancelled)
    {
        var since = options.TimeProvider.GetTimestamp();
        while (true)
        {
            RpcException? failure = null;
            var isReached = false;
            foreach (var address in _addresses)
            {
                try
                {
                    var deadline = options.TimeProvider.GetUtcNow().UtcDateTime + OneNode;
                    var client = new OperationsClient(ChannelTo(address));
                    return await call(client, new CallOptions(GatewayChannel.Headers(options), deadline, cancelled));
                }
                catch (RpcException exception)
                {
                    cancelled.ThrowIfCancellationRequested();
                    failure = exception;
                    isReached |= IsStarting(exception);
                }
            }

            if (failure?.StatusCode is StatusCode.Unauthenticated or StatusCode.PermissionDenied)
                throw new IpcConnectException(Errno.EACCES, failure.Status.Detail, failure);
            var patience = isReached ? options.AdmissionTimeout : options.ConnectTimeout;
            if (failure?.StatusCode != StatusCode.Unavailable
                || options.TimeProvider.GetElapsedTime(since) + Pause >= patience)
                throw new IpcConnectException(
                    Errno.ETIMEDOUT, $"{_addresses[^1]} does not answer: {Reason(failure)}", failure);
            await Task.Delay(Pause, options.TimeProvider, cancelled);
        }
    }

    // A node that is there says so itself. A connection that fails has an exception.
    private static bool IsStarting(RpcException failure) =>
        failure.StatusCode == StatusCode.Unavailable && failure.Status.DebugException is null;

    // The library's detail is empty after the deadline, and names its internals when nobody listens.
    private static string Reason(RpcException? failure)
    {
        if (failure?.StatusCode == StatusCode.DeadlineExceeded)
            return string.Create(CultureInfo.InvariantCulture, $"nothing came within {OneNode.TotalSeconds} s");
        for (var cause = failure?.Status.DebugException; cause is not null; cause = cause.InnerException)
        {
            if (cause is SocketException) return cause.Message;
        }

        return failure?.Status is { Detail.Length: > 0 } status ? status.Detail : $"{failure?.StatusCode}";
    }

    private GrpcChannel ChannelTo(string address)
    {
        if (_channels.TryGetValue(address, out var channel)) return channel;
        return _channels[address] = GatewayChannel.Create(address, options);
    }
}
