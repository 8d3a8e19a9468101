using Cluster.Conformance.Linux;
using Cluster.Core.Tests.Worlds;
using Cluster.Protocol;

namespace Cluster.Conformance.MessageQueues;

/// <content>The comparison.</content>
internal sealed partial class Comparison
{
    /// <summary>The cluster must have served exactly the calls that the kernel served.</summary>
    private string? CompareResults(
        Dictionary<int, string> linux, List<(int Pid, Result Result)> results, int? caller, QueuePair? queue,
        WorkerCommand command = WorkerCommand.Exit)
    {
        var ours = results.ToDictionary(each => WhoIs(each.Pid), each => Show(each.Result));
        foreach (var who in linux.Keys.Union(ours.Keys).Order())
        {
            var theirs = linux.GetValueOrDefault(who, "blocks");
            var own = ours.GetValueOrDefault(who, "blocks");
            if (theirs != own) return $"p{who}: ours {own}, Linux {theirs}";
            Saw(theirs);
            if (_blocked.Remove(who, out var left)) Leave(left, _sessions[who].Pid);
        }

        if (caller is { } blocked && !linux.ContainsKey(blocked))
        {
            _blockedCalls++;
            _blocked.Add(blocked, queue!);
            queue!.Blocked.Add(_sessions[blocked].Pid, command == WorkerCommand.Send);
        }

        return null;
    }

    /// <summary>Compares msqid_ds, the messages, and the blocked calls.</summary>
    private string? CompareState(QueuePair queue, Moment from)
    {
        var linux = QueueCalls.Stat(queue.LinuxId);
        var result = Make(_looker, queue.Key, new Call { Msgstat = new MsgStat() })[0].Result;
        if (linux is null || result.Errno != 0)
            return Same(linux is null ? nameof(Errno.EINVAL) : "ok", ((Errno)result.Errno).ToString());
        var (own, owner) = (result.QueueStat, result.QueueStat.Permissions);
        var ours = $"uid={owner.Uid} gid={owner.Gid} cuid={owner.Cuid} cgid={owner.Cgid} mode={owner.Mode} "
            + $"qbytes={own.Qbytes} qnum={own.Qnum} cbytes={own.Cbytes}";
        var state = _world.Find(queue.Key)!.Machine.TakeSnapshot().MessageQueue;
        var senders = queue.Blocked.Count(each => each.Value);
        return Same(linux.Members, ours)
            ?? Same(_names[linux.Lspid], _ownNames[own.Lspid]) ?? Same(_names[linux.Lrpid], _ownNames[own.Lrpid])
            ?? queue.CompareTimes(linux.Times, [own.Stime, own.Rtime, own.Ctime], from, Moment.Now)
            ?? Same(
                string.Join(", ", QueueCalls.Contents(queue.LinuxId)!), string.Join(", ", QueuePair.Contents(state)))
            ?? Same(
                $"{senders} send, {queue.Blocked.Count - senders} receive",
                $"{own.Senders} send, {own.Receivers} receive");
    }

    /// <summary>Everything that shows in which order things have happened.</summary>
    private static string Describe(
        Dictionary<int, string> results, List<string> contents, string sender, string receiver) =>
        $"{string.Join(", ", results.OrderBy(each => each.Key).Select(each => $"p{each.Key} {each.Value}"))}; "
        + $"{string.Join(", ", contents)}; {sender} {receiver}";

    private static void Leave(QueuePair queue, int pid)
    {
        queue.Blocked.Remove(pid);
        queue.Unordered.Remove(pid);
    }

    private void Saw(string outcome)
    {
        var kind = outcome.Split('=')[0];
        _seen[kind] = _seen.GetValueOrDefault(kind) + 1;
    }

    private static string? Same(string linux, string ours) => linux == ours ? null : $"ours {ours}, Linux {linux}";

    private static string Show(WorkerReply reply, WorkerCommand command)
    {
        if (reply.Errno != 0) return ((Errno)reply.Errno).ToString();
        return command == WorkerCommand.Receive && reply.Data.Length > 0 ? QueueCalls.Show(reply.Data) : "ok";
    }

    private static string Show(Result result)
    {
        if (result.Errno != 0) return ((Errno)result.Errno).ToString();
        return result.Message is { } message ? QueueCalls.Show(message.Type, message.Text.ToStringUtf8()) : "ok";
    }
}
