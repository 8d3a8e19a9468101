using Cluster.Core.Machines;
using Cluster.Core.Tests.Worlds;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Model.SemaphoreSet;

/// <summary>One real semaphore set behind a journal, and what it says, as the model says it.</summary>
public sealed class SetHost
{
    public static readonly EntityKey Key = new() { Kind = Kind.SemaphoreSet, Namespace = 1 };

    private ulong _lastIncarnation = 1;

    public SetHost(DirectoryEntry entry, long nowMs, ExecutorOptions? options = null)
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

    /// <summary>Writes, and takes the results.</summary>
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
        if (result.ValueCase == Result.ValueOneofCase.SemNumber) return $"number {result.SemNumber}";
        if (result.SemValues is { } all)
            return $"values {all.Values} pids {all.Pids} ncnt {all.IncreaseCounts} zcnt {all.ZeroCounts}";
        if (result.SetStat is not { } stat) return "ok";
        return $"uid={stat.Permissions.Uid} gid={stat.Permissions.Gid} mode={stat.Permissions.Mode} "
            + $"nsems={stat.Nsems} otime={stat.Otime} ctime={stat.Ctime} waiters={stat.Waiters}";
    }
}
