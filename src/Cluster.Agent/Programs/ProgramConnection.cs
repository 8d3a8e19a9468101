using System.Buffers.Binary;
using Cluster.Agent.Calls;
using Cluster.Agent.Loop;
using Cluster.Agent.Native;
using Cluster.Agent.Processes;
using Cluster.Agent.Wire;
using Cluster.Client;

namespace Cluster.Agent.Programs;

/// <summary>
/// The socket of one thread of a program. One call is under way at a time: a second frame before the answer, or one that
/// makes no sense, closes the connection.
/// </summary>
internal sealed class ProgramConnection(Descriptor socket, Peer peer, Programs programs) : IReadable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Caller? _caller;
    private CancellationTokenSource? _cancel;
    private uint _number;
    private Operation _operation;
    private long _first;
    private bool _isUnderWay;
    private bool _isClosed;

    /// <summary>Who calls, once it has said so.</summary>
    public Caller? Caller => _caller;

    public bool HasGreeted => _caller is not null;

    public int Socket => socket.Number;

    /// <summary>Reads one frame.</summary>
    public void OnReadable()
    {
        var buffer = programs.Buffer;
        var received = FrameSocket.Receive(socket.Number, buffer);
        using var file = received.Beside;
        if (received.IsNothingYet)
            return;
        if (!received.IsWhole || !TryHandle(buffer.AsMemory(0, received.Length), file))
            Close();
    }

    /// <summary>Closes the connection: the call under way is interrupted, and what it takes goes back. On the loop.</summary>
    public void Close()
    {
        lock (_gate)
        {
            if (_isClosed)
                return;
            _isClosed = true;
            programs.Remove(this);
            socket.Dispose();
        }

        _cancel?.Cancel();
    }

    private bool TryHandle(ReadOnlyMemory<byte> frame, Descriptor? file)
    {
        byte[]? ReadFile(int bytes) => file is null ? null : MemoryFiles.Read(file.Number, bytes);
        if (!CallFrame.TryRead(frame, ReadFile, out var request))
            return false;
        if (request.Operation == Operation.Cancel)
        {
            if (_isUnderWay && (uint)request[0] == _number)
                _cancel?.Cancel();
            return HasGreeted;
        }

        if (request.Operation == Operation.Park)
        {
            if (_isUnderWay && (uint)request[0] == _number)
                _ = SayParkedAsync(_caller!, _number, _operation, _first);
            return HasGreeted;
        }

        if (request.Operation == Operation.Hello)
            return !HasGreeted && Greet(request);
        return _caller is { } caller && Begin(caller, request);
    }

    private bool Greet(CallFrame request)
    {
        if (request[0] != WireFormat.Version)
            return Send(request.Number, Answer.Fail(Errno.EPROTO));
        var (caller, refusal) = programs.Admit(this, peer, request[1], request.Payload.Span);
        _caller = caller;
        return Send(request.Number, Answer.Fail(refusal)) && caller is not null;
    }

    private bool Begin(Caller caller, CallFrame request)
    {
        lock (_gate)
        {
            if (_isUnderWay)
                return false;
            _isUnderWay = true;
        }

        (_number, _operation, _first) = (request.Number, request.Operation, request[0]);
        if (_cancel is null || !_cancel.TryReset())
            _cancel = new CancellationTokenSource();
        if (programs.BeforeNextCall() is { } before)
            _ = RunAfterAsync(before, caller, request.Copy(), _cancel.Token);
        else
            _ = RunAsync(caller, request, request.Number, _cancel.Token);
        return true;
    }

    // Not for ever: while no node answers, what has to happen before waits as well.
    private async Task RunAfterAsync(Task before, Caller caller, CallFrame request, CancellationToken cancelled)
    {
        await Task.WhenAny(before, Task.Delay(Patience, cancelled)).ConfigureAwait(false);
        await RunAsync(caller, request, request.Number, cancelled).ConfigureAwait(false);
    }

    private async Task RunAsync(Caller caller, CallFrame request, uint number, CancellationToken cancelled)
    {
        var answer = await AnswerAsync(caller, request, cancelled).ConfigureAwait(false);
        var isSent = Send(number, answer, endsCall: true);
        answer.Delivered?.Invoke(isSent);
        answer.Descriptor?.Dispose();
        if (!isSent)
            programs.Post(Close);
    }

    private async Task SayParkedAsync(Caller caller, uint number, Operation operation, long first)
    {
        try
        {
            await CallTable.AfterEarlierCallsAsync(caller, operation, first).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IpcException or ObjectDisposedException)
        {
            return; // The call itself fails in the same way.
        }

        lock (_gate)
        {
            if (_isUnderWay && _number == number && !_isClosed)
                SendFrame(number, new Answer(0) { IsParked = true });
        }
    }

    private static async ValueTask<Answer> AnswerAsync(Caller caller, CallFrame request, CancellationToken cancelled)
    {
        try
        {
            return await CallTable.RunAsync(caller, request, cancelled).ConfigureAwait(false);
        }
        catch (IpcSessionLostException)
        {
            // The cluster has ended the process: whether the call happened is not known.
            return Answer.Fail(Errno.EIO);
        }
        catch (IpcException exception)
        {
            return Answer.Fail(exception.Errno);
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
        {
            return Answer.Fail(Errno.EINTR);
        }
    }

    private bool Send(uint number, in Answer answer, bool endsCall = false)
    {
        lock (_gate)
        {
            // The program may send its next call as soon as it has the answer.
            if (endsCall)
                _isUnderWay = false;
            return !_isClosed && SendFrame(number, answer);
        }
    }

    private bool SendFrame(uint number, in Answer answer)
    {
        using var file = answer.Payload.Length > WireFormat.InlineBytes
            ? MemoryFiles.Create("ipc-payload", answer.Payload.Span)
            : null;
        var flags = answer.IsParked ? WireFormat.Parked
            : file is not null ? WireFormat.InMemoryFile
            : answer.Descriptor is not null ? WireFormat.HasDescriptor : 0;
        Span<byte> head = stackalloc byte[WireFormat.AnswerBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(head, number);
        BinaryPrimitives.WriteUInt32LittleEndian(head[4..], flags);
        BinaryPrimitives.WriteInt64LittleEndian(head[8..], answer.Value);
        BinaryPrimitives.WriteInt64LittleEndian(head[16..], answer.Extra);
        BinaryPrimitives.WriteInt32LittleEndian(head[24..], answer.Payload.Length);
        var payload = file is null ? answer.Payload.Span : default;
        return FrameSocket.TrySend(socket.Number, head, payload, file ?? answer.Descriptor);
    }
}
