using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Threading.Channels;
using Akka.Actor;
using Akka.Remote.Transport;
using Google.Protobuf;

namespace Cluster.Actors.Remoting;

/// <summary>One TLS connection between two nodes. A frame is its length (4 bytes, little endian) and its bytes.</summary>
internal sealed class TlsAssociation : AssociationHandle
{
    /// <summary>The longest frame, if the configuration does not say it.</summary>
    internal const long DefaultFrameBytes = 17 * 1024 * 1024;

    private const int HeaderBytes = sizeof(int);
    private const int BufferBytes = 64 * 1024;

    // Bytes that wait for the connection. Akka keeps the rest, and tries again.
    private const long MostWaitingBytes = 4 * 1024 * 1024;

    // Akka sets the listener at once. One that it has forgotten would stay for ever.
    private static readonly TimeSpan ListenerPatience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan FlushPatience = TimeSpan.FromSeconds(2);

    private readonly SslStream _tls;
    private readonly Socket _socket;
    private readonly long _mostBytes;
    private readonly Channel<ByteString> _output =
        Channel.CreateUnbounded<ByteString>(new UnboundedChannelOptions { SingleReader = true });

    private readonly TaskCompletionSource _isOver = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _waiting;

    public TlsAssociation(Address self, Address remote, SslStream tls, Socket socket, long mostBytes)
        : base(self, remote)
    {
        (_tls, _socket, _mostBytes) = (tls, socket, mostBytes);
        ReadHandlerSource = new TaskCompletionSource<IHandleEventListener>(
            TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Takes a frame if there is room for it. One is taken in any case.</summary>
    public override bool Write(ByteString payload)
    {
        if (payload.Length > _mostBytes) return false;
        var waiting = Interlocked.Add(ref _waiting, payload.Length);
        if (waiting - payload.Length < MostWaitingBytes && _output.Writer.TryWrite(payload)) return true;
        Interlocked.Add(ref _waiting, -payload.Length);
        return false;
    }

    /// <summary>Ends the connection after what was taken has been written.</summary>
    [Obsolete("Akka calls the other overload.")]
    public override void Disassociate() => _output.Writer.TryComplete();

    /// <summary>Ends the connection after what was taken has been written, or after a time.</summary>
    public async Task CloseAsync()
    {
        _output.Writer.TryComplete();
        await Task.WhenAny(_isOver.Task, Task.Delay(FlushPatience)).ConfigureAwait(false);
        _socket.Dispose();
    }

    /// <summary>Reads and writes until one of them ends.</summary>
    public async Task RunAsync()
    {
        var reading = ReadAsync();
        var writing = WriteAsync();
        await Task.WhenAny(reading, writing).ConfigureAwait(false);
        _output.Writer.TryComplete();
        _socket.Dispose();
        await Task.WhenAll(reading, writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _tls.DisposeAsync().ConfigureAwait(false);
        _isOver.TrySetResult();
        // Who never set a listener hears nothing.
        if (ReadHandlerSource.Task is { IsCompletedSuccessfully: true, Result: var listener })
            listener.Notify(new Disassociated(DisassociateInfo.Unknown));
    }

    private async Task ReadAsync()
    {
        var listener = await ReadHandlerSource.Task.WaitAsync(ListenerPatience).ConfigureAwait(false);
        var header = new byte[HeaderBytes];
        using var input = new BufferedStream(_tls, BufferBytes);
        while (true)
        {
            await input.ReadExactlyAsync(header).ConfigureAwait(false);
            var length = BinaryPrimitives.ReadInt32LittleEndian(header);
            if (length < 0 || length > _mostBytes)
                throw new IOException($"a frame of {length} bytes: at most {_mostBytes} are allowed");
            var frame = new byte[length];
            await input.ReadExactlyAsync(frame).ConfigureAwait(false);
            listener.Notify(new InboundPayload(UnsafeByteOperations.UnsafeWrap(frame)));
        }
    }

    private async Task WriteAsync()
    {
        var buffer = new byte[BufferBytes];
        var output = _output.Reader;
        while (await output.WaitToReadAsync().ConfigureAwait(false))
        {
            // What waits together leaves together: one record of TLS, one system call.
            var filled = 0;
            while (output.TryRead(out var payload))
            {
                if (filled + HeaderBytes + payload.Length > buffer.Length)
                {
                    if (filled > 0) await _tls.WriteAsync(buffer.AsMemory(0, filled)).ConfigureAwait(false);
                    filled = 0;
                }

                BinaryPrimitives.WriteInt32LittleEndian(buffer.AsSpan(filled), payload.Length);
                filled += HeaderBytes;
                if (payload.Length <= buffer.Length - filled)
                {
                    payload.Span.CopyTo(buffer.AsSpan(filled));
                    filled += payload.Length;
                }
                else
                {
                    await _tls.WriteAsync(buffer.AsMemory(0, filled)).ConfigureAwait(false);
                    await _tls.WriteAsync(payload.Memory).ConfigureAwait(false);
                    filled = 0;
                }

                Interlocked.Add(ref _waiting, -payload.Length);
            }

            if (filled > 0) await _tls.WriteAsync(buffer.AsMemory(0, filled)).ConfigureAwait(false);
        }
    }
}
