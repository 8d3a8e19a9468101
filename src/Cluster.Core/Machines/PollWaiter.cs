using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <summary>A caller blocked in poll(2). It changes nothing, so the journal does not have it.</summary>
public sealed class PollWaiter(int pid, DescriptionPoll poll, ulong seq, ulong ticket, long deadlineMs, Credentials caller)
    : Waiter(pid, seq, ticket, deadlineMs, caller)
{
    /// <summary>What the caller waits for: POLLIN, POLLOUT; POLLERR and POLLHUP are told unasked.</summary>
    public int Events { get; } = poll.Events | FileFlags.POLLERR | FileFlags.POLLHUP;

    public override bool IsRecorded => false;

    public override Call ToCall() => new() { Seq = Seq, Description = new DescriptionCall { Poll = poll } };
}
