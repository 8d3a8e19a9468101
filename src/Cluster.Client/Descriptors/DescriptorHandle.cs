using Cluster.Client.Connection;
using Cluster.Protocol;

namespace Cluster.Client.Descriptors;

/// <summary>What the descriptors of all kinds have in common.</summary>
internal abstract class DescriptorHandle(OpenDescription description, int descriptor, string close) : IIpcDescriptor
{
    private static readonly TimeSpan DisposalPatience = TimeSpan.FromSeconds(5);

    private int _isClosed;

    public int Descriptor => descriptor;

    public string Name => description.Name;

    public SharedDescription Description =>
        new((IpcObjectKind)description.Target.Kind, (int)description.Target.Id, description.Number, description.Name);

    protected OpenDescription Open => description;

    /// <summary>Whether calls fail with EBADF without being sent.</summary>
    protected bool IsClosed => Volatile.Read(ref _isClosed) != 0;

    public async Task<PollEvents> PollAsync(
        PollEvents events, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ThrowIfClosed("poll");
        var poll = new DescriptionCall
        {
            Poll = new DescriptionPoll { Number = description.Number, Events = (int)events },
        };
        var call = description.Begin(
            new Call { Description = poll }, "poll", timeout, Errno.ETIMEDOUT, cancellationToken);
        var result = await new ValueTask<Result>(call, call.Version).ConfigureAwait(false);
        return (PollEvents)(result.PollReadiness?.Events ?? 0);
    }

    public Task SetNonblockingAsync(bool isNonblocking, CancellationToken cancellationToken = default) =>
        SetFlagsAsync(isNonblocking ? FileFlags.O_NONBLOCK : 0, cancellationToken);

    /// <summary>F_SETFL of fcntl(2).</summary>
    protected async Task SetFlagsAsync(int flags, CancellationToken cancellationToken)
    {
        ThrowIfClosed("fcntl");
        var set = new DescriptionCall
        {
            SetFlags = new DescriptionSetFlags { Number = description.Number, Flags = flags },
        };
        await description.CallAsync(new Call { Description = set }, "fcntl", cancellationToken).ConfigureAwait(false);
    }

    public async Task<SharedDescription> ShareAsync(int pid, CancellationToken cancellationToken = default)
    {
        ThrowIfClosed("share");
        var share = new DescriptionCall { Share = new DescriptionShare { Number = description.Number, Pid = pid } };
        await description.CallAsync(new Call { Description = share }, "share", cancellationToken)
            .ConfigureAwait(false);
        return Description;
    }

    public Task CloseAsync(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _isClosed, 1) != 0)
            throw new IpcException(Errno.EBADF, close);
        description.Table.Return(descriptor);
        return description.ReleaseAsync(close).WaitAsync(cancellationToken);
    }

    /// <summary>Closes the descriptor if it is open. A failure is not thrown: the end of the process closes it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (IsClosed)
            return;
        var closing = CloseQuietlyAsync();
        await Task.WhenAny(closing, Task.Delay(DisposalPatience)).ConfigureAwait(false);
    }

    protected void ThrowIfClosed(string call)
    {
        if (IsClosed)
            throw new IpcException(Errno.EBADF, call);
    }

    /// <summary>One more descriptor for the description: dup(2).</summary>
    protected int TakeDuplicate()
    {
        ThrowIfClosed("dup");
        var number = description.Table.Take("dup");
        if (description.TryDuplicate())
            return number;
        description.Table.Return(number);
        throw new IpcException(Errno.EBADF, "dup");
    }

    /// <summary>Makes a call of a stream.</summary>
    /// <param name="call">The call.</param>
    /// <param name="name">Its name, for exceptions.</param>
    /// <param name="isWrite">Whether it brings bytes.</param>
    /// <param name="timeout">How long it may wait; null: without a limit.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    protected ValueTask<Result> StreamAsync(
        Call call, string name, bool isWrite, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var request = Open.Request(call, name, timeout, Errno.None, cancellationToken) with
        {
            Refusal = IsClosed ? Errno.EBADF : Errno.None,
            // As the messages of queues: what makes room must not wait for what needs it.
            CountsAgainstWindow = isWrite && timeout != TimeSpan.Zero,
        };
        var begun = Open.Connection.Begin(request);
        return new ValueTask<Result>(begun, begun.Version);
    }

    /// <summary>A write has failed with EPIPE: sends SIGPIPE to this process, if the client was told to.</summary>
    protected Task RaiseSigpipeAsync(string call) => !Open.Connection.RaisesSigpipe
        ? Task.CompletedTask
        : Open.Connection.RaiseAsync(Open.Pid, new SignalSend { Signal = (int)Signal.SIGPIPE }, call);

    private async Task CloseQuietlyAsync()
    {
        try
        {
            await CloseAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IpcException or IpcConnectException or ObjectDisposedException)
        {
            // The process has ended, or another caller has closed the descriptor.
        }
    }
}
