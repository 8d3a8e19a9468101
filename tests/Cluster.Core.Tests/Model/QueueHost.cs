using Cluster.Core.Machines;
using Cluster.Core.Tests.Worlds;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Model;

/// <summary>One real message queue behind a journal, and what it says, as the model says it.</summary>
public sealed class QueueHost
{
    public static readonly EntityKey Key = World.QueueOf(1, 0);

    private ulong _lastIncarnation = 1;

    public QueueHost(DirectoryEntry entry, long nowMs, ExecutorOptions? options = null)
    {
        Entity = new Entity(Key, 1, options);
        Machine.Submit(new Submit { Stamp = new Stamp { Pid = 1 } }, nowMs);
        var claim = Entity.Executor.Ready.Requests.Single();
        Entity.Executor.Ready.Clear();
        Machine.OnReply(
            new Reply { Id = claim.Id, From = claim.To, Claimed = new Claimed { Entry = entry } }, nowMs);
        Take();
    }

    public Entity Entity { get; }

    public Machine Machine => Entity.Machine;

    public void Crash(long nowMs)
    {
        Entity.Crash(++_lastIncarnation);
        Machine.Recovered(nowMs);
    }

    public void Exit(int pid, ulong ack, long nowMs) =>
        Machine.Ask(new Request { ProcessExited = new ProcessExited { Pid = pid, Ack = ack } }, 1, nowMs);

    public void Remove(long nowMs) => Machine.Ask(new Request { DestroyObject = new DestroyObject() }, 1, nowMs);

    /// <summary>Writes, and takes the results: "pid.seq outcome".</summary>
    public List<(int Pid, ulong Seq, string Outcome)> Take()
    {
        Entity.Commit();
        var results = Entity.Executor.Ready.Results.Select(each => (each.Pid, each.Result.Seq, Print(each.Result)));
        List<(int Pid, ulong Seq, string Outcome)> all = [.. results];
        Entity.Executor.Ready.Clear();
        return all;
    }

    private static string Print(Result result)
    {
        if (result.Errno != 0) return ((Errno)result.Errno).ToString();
        if (result.Message is { } message) return $"type={message.Type} \"{message.Text.ToStringUtf8()}\"";
        if (result.QueueStat is not { } stat) return "ok";
        var permissions = stat.Permissions;
        return $"uid={permissions.Uid} gid={permissions.Gid} mode={permissions.Mode} qbytes={stat.Qbytes} "
            + $"qnum={stat.Qnum} cbytes={stat.Cbytes} stime={stat.Stime} rtime={stat.Rtime} ctime={stat.Ctime} "
            + $"lspid={stat.Lspid} lrpid={stat.Lrpid} receivers={stat.Receivers} senders={stat.Senders}";
    }
}
