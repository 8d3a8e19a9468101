using Cluster.Core.Entities;
using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Conformance.MessageQueues;

/// <summary>
/// The possible orders in which the waiters of a queue reached the kernel's lock.
/// </summary>
/// <remarks>
/// Linux wakes every sender whose message would fit, and they compete again (ipc/msg.c: ss_wakeup): who comes first is
/// the scheduler's choice, and who comes too late goes to the end of the line. IPC_SET wakes every receiver, and each
/// goes to the end of the line when it runs (expunge_all). So in these cases the kernel's order is any order. Ours
/// keeps the order of waiting; if the kernel has done something else, one of the possible orders must make ours do
/// exactly that. For everything else, such as receivers and who of them a message goes to, there is one order only.
/// </remarks>
internal static class Lines
{
    private const int Most = 5_040; // 7!

    /// <summary>Every order that is possible; first the own.</summary>
    /// <param name="before">The queue.</param>
    /// <param name="competing">Whether senders may be woken.</param>
    /// <param name="unordered">Receivers in an unknown order.</param>
    public static IEnumerable<Snapshot> Orders(Snapshot before, bool competing, IReadOnlySet<int> unordered)
    {
        var queue = before.MessageQueue;
        var senders = competing ? queue.Senders.Select(sender => sender.Ticket).ToArray() : [];
        var loose = queue.Receivers.Where(receiver => unordered.Contains(receiver.Parked.Pid)).ToArray();
        var receivers = loose.Select(receiver => receiver.Ticket).ToArray();
        var orders =
            from one in Permutations(senders)
            from other in Permutations(receivers)
            select Reordered(one, other);
        return orders.Take(Most);

        Snapshot Reordered(ulong[] ofSenders, ulong[] ofReceivers)
        {
            var snapshot = before.Clone();
            for (var at = 0; at < ofSenders.Length; at++) snapshot.MessageQueue.Senders[at].Ticket = ofSenders[at];
            for (var at = 0; at < ofReceivers.Length; at++)
            {
                var pid = loose[at].Parked.Pid;
                snapshot.MessageQueue.Receivers.Single(each => each.Parked.Pid == pid).Ticket = ofReceivers[at];
            }

            return snapshot;
        }
    }

    /// <summary>The effect of a call on a queue in this state: the results, and the state after it.</summary>
    public static (IReadOnlyList<(int Pid, Result Result)> Results, MessageQueueState After) Try(
        Machine queue, Snapshot before, Submit submit, long nowMs)
    {
        var executor = new Executor(MachineFactory.Create(queue.Key));
        executor.Machine.Incarnation = queue.Incarnation;
        executor.Machine.Restore(before);
        executor.Machine.Submit(submit.Clone(), nowMs);
        while (executor.TryBeginWrite(out _, lazy: true)) executor.Committed();
        return ([.. executor.Ready.Results.Select(each => (each.Pid, each.Result.Clone()))],
            executor.Machine.TakeSnapshot().MessageQueue);
    }

    private static IEnumerable<ulong[]> Permutations(ulong[] all)
    {
        if (all.Length == 0) return [[]];
        return from at in Enumerable.Range(0, all.Length)
               from rest in Permutations([.. all[..at], .. all[(at + 1)..]])
               select (ulong[])[all[at], .. rest];
    }
}
