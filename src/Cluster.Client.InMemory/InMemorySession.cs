using System.Security.Cryptography;
using System.Threading.Channels;
using Cluster.Core.Sessions;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Client;

/// <summary>Drives one session, and is the client's stream to it.</summary>
internal sealed class InMemorySession : IPeer, IWakeable, ISessionOutputs, IIpcStream
{
    // Bounded by the session itself: it ends when its client leaves too much of it unread.
    private readonly Channel<ServerFrame> _output =
        Channel.CreateUnbounded<ServerFrame>(new UnboundedChannelOptions { SingleReader = false });

    private readonly InMemoryKernel _kernel;
    private readonly SessionCore _core;
    private readonly HashSet<InMemoryEntity> _watchers = [];
    private bool _isOver;

    public InMemorySession(InMemoryKernel kernel)
    {
        _kernel = kernel;
        var token = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(16));
        _core = new SessionCore(kernel.SessionSettings, token);
    }

    public long WakeAtMs { get; private set; } = long.MaxValue;

    // ---- the client's side ----

    public ValueTask WriteAsync(ClientFrame frame, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _kernel.Run(nowMs => Take(frame, nowMs));
        return ValueTask.CompletedTask;
    }

    public async ValueTask<ServerFrame?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _output.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            return null;
        }
    }

    public ValueTask DisposeAsync()
    {
        _kernel.Run(_ => End());
        return ValueTask.CompletedTask;
    }

    // ---- the kernel's side ----

    public void Hear(Results results, long nowMs)
    {
        _core.Results(results, nowMs);
        Drain();
    }

    public void Hear(Reply reply, long nowMs)
    {
        _core.Reply(reply, nowMs);
        Drain();
    }

    public void Wake(long nowMs)
    {
        WakeAtMs = long.MaxValue;
        _core.Tick(nowMs);
        Drain();
    }

    public void AddWatcher(InMemoryEntity entity)
    {
        if (_isOver) _kernel.Post(nowMs => entity.HearGone(this, nowMs));
        else _watchers.Add(entity);
    }

    public void RemoveWatcher(InMemoryEntity entity) => _watchers.Remove(entity);

    /// <summary>Ends the stream, because the kernel was disposed.</summary>
    public void Lose()
    {
        var farewell = new Farewell { Errno = (int)Errno.ESRCH, Reason = "the kernel in memory was disposed" };
        _output.Writer.TryWrite(new ServerFrame { Farewell = farewell });
        End();
    }

    private void Take(ClientFrame frame, long nowMs)
    {
        if (_isOver) return;
        _core.Frame(frame, frame.Hello?.NewProcess?.Credentials, _output.Reader.Count, nowMs);
        Drain();
    }

    private void Drain()
    {
        if (_isOver) return;
        _core.Drain(this);
        if (_isOver || _core.NextTickMs >= WakeAtMs) return;
        WakeAtMs = _core.NextTickMs;
        _kernel.WakeAt(this);
    }

    private void End()
    {
        if (_isOver) return;
        _isOver = true;
        WakeAtMs = long.MaxValue;
        _output.Writer.TryComplete();
        foreach (var entity in _watchers) _kernel.Post(nowMs => entity.HearGone(this, nowMs));
        _watchers.Clear();
        _kernel.Remove(this);
    }

    void ISessionOutputs.Send(Submit submit) => _kernel.Send(submit, this);

    void ISessionOutputs.Send(Request request) => _kernel.Send(request, this);

    // No block of pids is kept in between: the allocator is as near as the session.
    void ISessionOutputs.TakePid(Request request) => _kernel.Send(request, this);

    void ISessionOutputs.Subscribe(Request request) => _kernel.Subscribe(request, this);

    void ISessionOutputs.Write(ServerFrame frame) => _output.Writer.TryWrite(frame);

    void ISessionOutputs.End() => End();
}
