using Cluster.Client.Connection;
using Cluster.Client.Descriptors;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Client;

/// <summary>One descriptor of an end of a connection.</summary>
internal sealed class SocketConnection(OpenDescription description, int descriptor)
    : DescriptorHandle(description, descriptor, "close"), ISocketConnection
{
    public async ValueTask<int> ReceiveAsync(
        Memory<byte> buffer,
        ReceiveFlags flags = ReceiveFlags.None,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default)
    {
        if ((flags & ReceiveFlags.Peek) != 0)
            return await PeekAsync(buffer, flags, timeout, cancellationToken).ConfigureAwait(false);
        var done = 0;
        do
        {
            var receive = new SocketReceive
            {
                Description = Open.Number, Size = buffer.Length - done, Flags = (int)flags,
            };
            var call = new SocketCall { Receive = receive };
            var result = await CallAsync(call, "recv", timeout, cancellationToken).ConfigureAwait(false);
            var data = result.SocketBytes.Data;
            data.Span.CopyTo(buffer.Span[done..]);
            done += data.Length;
            if (data.Length == 0)
                break;
        }
        while ((flags & ReceiveFlags.WaitAll) != 0 && done < buffer.Length && buffer.Length > Bounds.SocketBytes);

        return done;
    }

    public async ValueTask<int> SendAsync(
        ReadOnlyMemory<byte> data, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var send = new SocketSend { Description = Open.Number, Data = ByteString.CopyFrom(data.Span) };
        try
        {
            var result = await CallAsync(new SocketCall { Send = send }, "send", timeout, cancellationToken)
                .ConfigureAwait(false);
            return (int)result.SocketSent.Bytes;
        }
        catch (IpcException exception) when (exception.Errno == Errno.EPIPE)
        {
            await RaiseSigpipeAsync("send").ConfigureAwait(false);
            throw;
        }
    }

    public async Task ShutdownAsync(System.Net.Sockets.SocketShutdown how, CancellationToken cancellationToken = default)
    {
        var shutdown = new SocketCall
        {
            Shutdown = new SocketShutdown { Description = Open.Number, How = (int)how },
        };
        await CallAsync(shutdown, "shutdown", null, cancellationToken).ConfigureAwait(false);
    }

    public async Task<SocketInfo> GetInfoAsync(CancellationToken cancellationToken = default)
    {
        var stat = new SocketCall { Stat = new SocketStat { Description = Open.Number } };
        var result = await CallAsync(stat, "getsockopt", null, cancellationToken).ConfigureAwait(false);
        return SocketInfo.From((int)Open.Target.Id, result.SocketStatus);
    }

    public ISocketConnection Duplicate() => new SocketConnection(Open, TakeDuplicate());

    public Stream AsStream() => new SocketStream(this);

    // A peek changes nothing, so the object does not keep it waiting: the wait is that of poll(2).
    private async ValueTask<int> PeekAsync(
        Memory<byte> buffer, ReceiveFlags flags, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var peek = new SocketCall { Peek = new SocketPeek { Description = Open.Number, Size = buffer.Length } };
                var result = await CallAsync(peek, "recv", null, cancellationToken).ConfigureAwait(false);
                result.SocketBytes.Data.Span.CopyTo(buffer.Span);
                return result.SocketBytes.Data.Length;
            }
            catch (IpcException exception)
                when (exception.Errno == Errno.EAGAIN && (flags & ReceiveFlags.DontWait) == 0 && timeout != TimeSpan.Zero)
            {
                var ready = await PollAsync(PollEvents.Readable, timeout, cancellationToken).ConfigureAwait(false);
                if (ready == PollEvents.None)
                    throw new IpcTimeoutException(Errno.ETIMEDOUT, "recv");
            }
        }
    }

    private ValueTask<Result> CallAsync(
        SocketCall call, string name, TimeSpan? timeout, CancellationToken cancellationToken) => StreamAsync(
        new Call { Socket = call }, name, call.OpCase == SocketCall.OpOneofCase.Send, timeout, cancellationToken);
}
