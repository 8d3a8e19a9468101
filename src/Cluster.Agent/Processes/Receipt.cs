using Cluster.Client.Connection;

namespace Cluster.Agent.Processes;

/// <summary>What a call that receives has taken, until the program has it.</summary>
/// <param name="Session">Whose call it was.</param>
/// <param name="Target">The queue.</param>
/// <param name="Grant">The call.</param>
/// <param name="IsKeptBack">The queue gets the message back if the process ends without a confirmation.</param>
internal sealed record Receipt(Session Session, Target Target, Grant Grant, bool IsKeptBack)
{
    public bool Taken => Grant.Taken;

    public Result Result => Grant.Result!;

    /// <summary>The program has the message, or will never have it: then it goes back to the queue.</summary>
    /// <param name="isDelivered">Whether the program has it.</param>
    /// <param name="back">The call that puts it back to its place.</param>
    /// <param name="again">The call that sends it again: a place that the queue has not kept is lost.</param>
    public void End(bool isDelivered, Func<Call> back, Func<Call> again)
    {
        if (!isDelivered)
            _ = PutBackAsync(IsKeptBack ? back() : again());
        else if (IsKeptBack)
            Session.Confirm(Target, Grant);
    }

    private async Task PutBackAsync(Call call)
    {
        try
        {
            await Session.TakeAsync(Target, call, "return", CancellationToken.None, ofPid: Grant.Pid)
                .ConfigureAwait(false);
            if (IsKeptBack)
                Session.Confirm(Target, Grant);
        }
        catch (Exception exception) when (exception is Cluster.Client.IpcException or ObjectDisposedException)
        {
            // The process of the cluster has ended, and its end has put the message back.
        }
    }
}
