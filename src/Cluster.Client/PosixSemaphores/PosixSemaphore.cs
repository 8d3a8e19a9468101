using Cluster.Client.Connection;
using Cluster.Client.Descriptors;
using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>One descriptor for a semaphore.</summary>
internal sealed class PosixSemaphore(OpenDescription description, int descriptor, TimeProvider time)
    : DescriptorHandle(description, descriptor, "sem_close"), IPosixSemaphore
{
    private const string Wait = "sem_wait";
    private const string Post = "sem_post";

    public ValueTask WaitAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var call = Begin(timeout, undo: false, Errno.None, cancellationToken);
        return new ValueTask(call, call.Version);
    }

    public ValueTask WaitAsync(DateTimeOffset deadline, CancellationToken cancellationToken = default)
    {
        var left = deadline - time.GetUtcNow();
        return WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, cancellationToken);
    }

    public ValueTask<bool> TryWaitAsync(CancellationToken cancellationToken = default)
    {
        var call = Begin(TimeSpan.Zero, undo: false, Errno.ETIMEDOUT, cancellationToken);
        return new ValueTask<bool>(call, call.Version);
    }

    public ValueTask PostAsync(CancellationToken cancellationToken = default)
    {
        var call = Open.Connection.Begin(PostRequest(undo: false, cancellationToken));
        return new ValueTask(call, call.Version);
    }

    public async Task<long> GetValueAsync(CancellationToken cancellationToken = default) =>
        (await AskAsync(cancellationToken).ConfigureAwait(false)).Value;

    public async Task<long> GetWaiterCountAsync(CancellationToken cancellationToken = default) =>
        (await AskAsync(cancellationToken).ConfigureAwait(false)).Waiters;

    public async ValueTask<SemaphorePermit> AcquireAsync(
        bool releaseOnDeath = false, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        // The permit keeps the description open, so it can be given back after the descriptor was closed.
        if (IsClosed || !Open.TryDuplicate())
            throw new IpcException(Errno.EBADF, Wait);
        try
        {
            var call = Begin(timeout, releaseOnDeath, Errno.None, cancellationToken);
            var grant = await new ValueTask<Grant>(call, call.Version).ConfigureAwait(false);
            return new SemaphorePermit(Open.Connection, grant, held => GiveBackAsync(releaseOnDeath, held));
        }
        catch
        {
            await Open.ReleaseAsync("sem_close").ConfigureAwait(false);
            throw;
        }
    }

    private async ValueTask GiveBackAsync(bool undo, Grant held)
    {
        var post = Open.Connection.Begin(PostRequest(undo, CancellationToken.None) with
        {
            Of = held, Refusal = Errno.None,
        });
        await new ValueTask(post, post.Version).ConfigureAwait(false);
        await Open.ReleaseAsync("sem_close").ConfigureAwait(false);
    }

    private async Task<PosixSemaphoreValue> AskAsync(CancellationToken cancellationToken)
    {
        ThrowIfClosed("sem_getvalue");
        var call = new PosixSemaphoreCall { Getvalue = new PosixSemaphoreGetvalue { Description = Open.Number } };
        var result = await Open.CallAsync(new Call { PosixSemaphore = call }, "sem_getvalue", cancellationToken)
            .ConfigureAwait(false);
        return result.PosixSemaphoreValue;
    }

    private PendingCall Begin(TimeSpan? timeout, bool undo, Errno soft, CancellationToken cancellationToken)
    {
        var wait = new PosixSemaphoreWait { Description = Open.Number, Undo = undo };
        var body = new Call { PosixSemaphore = new PosixSemaphoreCall { Wait = wait } };
        return Open.Connection.Begin(Open.Request(body, Wait, timeout, soft, cancellationToken) with
        {
            Refusal = IsClosed ? Errno.EBADF : Errno.None,
        });
    }

    private CallRequest PostRequest(bool undo, CancellationToken cancellationToken)
    {
        var post = new PosixSemaphorePost { Description = Open.Number, Undo = undo };
        var body = new Call { PosixSemaphore = new PosixSemaphoreCall { Post = post } };
        return Open.Request(body, Post, null, Errno.None, cancellationToken) with
        {
            Refusal = IsClosed ? Errno.EBADF : Errno.None,
        };
    }
}
