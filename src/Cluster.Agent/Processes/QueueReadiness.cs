using Cluster.Agent.Native;
using Cluster.Client;

namespace Cluster.Agent.Processes;

/// <summary>
/// Keeps the descriptor of a POSIX queue as ready for poll(2) as the queue is. The cluster tells when an empty queue has a
/// message, and when a full one has room. That another host has emptied it is seen at the next call on the queue: poll
/// promises nothing to a program that shares a queue.
/// </summary>
internal sealed class QueueReadiness(OpenFile file)
{
    private readonly SemaphoreSlim _turn = new(1);
    private volatile bool _isWaiting;

    /// <summary>Complete when the descriptor is as ready as the queue was at the call or later.</summary>
    public async Task RefreshAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            await LookAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IpcException or ObjectDisposedException)
        {
            // The process of the cluster has ended: calls on the descriptor fail, and say so.
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task LookAsync()
    {
        var getattr = new Call
        {
            Mqueue = new MqueueCall { Getattr = new MqueueGetattr { Description = file.Number } },
        };
        if ((await CallAsync(getattr, "mq_getattr").ConfigureAwait(false)).MqueueAttributes is not { } told)
            return;
        var (isReadable, isWritable) = (told.Curmsgs > 0, told.Curmsgs < told.Maxmsg);
        // The lock: a number that was closed may be that of another descriptor already.
        lock (file.End)
        {
            if (file.End.Number >= 0)
                ReadyPipe.Set(file.End.Number, isReadable, isWritable);
        }

        if (_isWaiting || isReadable && isWritable)
            return;
        _isWaiting = true;
        _ = AwaitAsync(isReadable ? PollEvents.Writable : PollEvents.Readable);
    }

    private async Task AwaitAsync(PollEvents events)
    {
        var poll = new Call
        {
            Description = new DescriptionCall
            {
                Poll = new DescriptionPoll { Number = file.Number, Events = (int)events },
            },
        };
        try
        {
            var result = await CallAsync(poll, "poll").ConfigureAwait(false);
            _isWaiting = false;
            if (result.Errno == 0)
                await RefreshAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IpcException or ObjectDisposedException)
        {
            // As in a refresh.
        }
    }

    private async ValueTask<Result> CallAsync(Call call, string name)
    {
        var grant = await file.Session
            .TakeAsync(file.Target, call, name, CancellationToken.None, ofPid: file.Holder).ConfigureAwait(false);
        return grant.Result!;
    }
}
