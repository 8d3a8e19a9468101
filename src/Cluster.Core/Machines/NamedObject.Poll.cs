using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <content>poll(2): the readiness of a description, and who waits for it. Nothing of it is journalled.</content>
public abstract partial class NamedObject
{
    private List<PollWaiter>? _polls;

    private void Poll(Stamp stamp, Call call, DescriptionPoll poll)
    {
        if (Held(stamp.Pid, poll.Number) is not { } description)
        {
            FailUnrecorded(stamp.Pid, call.Seq, Errno.EBADF);
            return;
        }

        var waiter = new PollWaiter(
            stamp.Pid, poll, call.Seq, Waiters.NextUnrecordedTicket(), DeadlineOf(call), stamp.Credentials);
        var ready = Readiness(description) & waiter.Events;
        if (ready != 0) AnswerUnrecorded(stamp.Pid, ToResult(call.Seq, ready));
        else if (call is { HasTimeoutMs: true, TimeoutMs: 0 }) FailUnrecorded(stamp.Pid, call.Seq, Errno.ETIMEDOUT);
        else
        {
            ParkUnrecorded(waiter);
            (_polls ??= []).Add(waiter);
        }
    }

    private static Result ToResult(ulong seq, int ready) =>
        new() { Seq = seq, PollReadiness = new PollReadiness { Events = ready } };

    private void ServePolls()
    {
        if (_polls is not { } polls) return;
        polls.RemoveAll(waiter => !Waiters.TryGet(waiter.Pid, waiter.Seq, out var parked) || parked != waiter);
        foreach (var waiter in polls.ToArray())
        {
            var number = waiter.ToCall().Description.Poll.Number;
            if (Held(waiter.Pid, number) is not { } description)
            {
                AnswerUnrecorded(waiter, new Result { Seq = waiter.Seq, Errno = (int)Errno.EBADF });
                polls.Remove(waiter);
            }
            else if ((Readiness(description) & waiter.Events) is var ready and not 0)
            {
                AnswerUnrecorded(waiter, ToResult(waiter.Seq, ready));
                polls.Remove(waiter);
            }
        }

        if (polls.Count == 0) _polls = null;
    }
}
