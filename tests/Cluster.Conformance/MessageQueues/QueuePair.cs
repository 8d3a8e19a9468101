using Cluster.Conformance.Linux;
using Cluster.Protocol;

namespace Cluster.Conformance.MessageQueues;

/// <summary>A queue of the kernel and the one of ours that stands beside it.</summary>
internal sealed class QueuePair(int linuxId, EntityKey key)
{
    private long[] _times = [0, 0, 0];
    private long[] _ownTimes = [0, 0, 0];

    public int LinuxId { get; } = linuxId;

    public EntityKey Key { get; } = key;

    /// <summary>The blocked calls, by pid in the cluster; the value: whether it is msgsnd.</summary>
    public Dictionary<int, bool> Blocked { get; } = [];

    /// <summary>Receivers, by pid in the cluster, whose order in the kernel is unknown.</summary>
    public HashSet<int> Unordered { get; } = [];

    /// <summary>
    /// Times are compared by when they were set: ours moves on by a second a step, so what is new there must have been
    /// set by the kernel during the step, and what is not new must not have been.
    /// </summary>
    /// <param name="linux">stime, rtime, ctime.</param>
    /// <param name="own">The same of ours.</param>
    /// <param name="from">When the step began.</param>
    /// <param name="to">When it ended.</param>
    public string? CompareTimes(long[] linux, long[] own, Moment from, Moment to)
    {
        string[] names = ["stime", "rtime", "ctime"];
        string? difference = null;
        for (var at = 0; at < names.Length; at++)
        {
            var isNew = own[at] != _ownTimes[at];
            // The kernel's seconds are those of its last tick.
            var agrees = isNew
                ? linux[at] >= from.Seconds - 1 && linux[at] <= to.Seconds
                : linux[at] == _times[at];
            if (!agrees)
                difference ??= $"{names[at]}: {(isNew ? "set" : "not set")} in ours, in Linux {_times[at]} and then "
                    + $"{linux[at]}, in a step from {from.Seconds} to {to.Seconds}";
        }

        (_times, _ownTimes) = (linux, own);
        return Moment.WasClockSet(from, to) ? null : difference;
    }

    /// <summary>The messages of a state.</summary>
    public static List<string> Contents(MessageQueueState state) =>
        [.. state.Messages.Select(message => QueueCalls.Show(message.Type, message.Text.ToStringUtf8()))];
}
