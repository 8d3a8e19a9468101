using Cluster.Core.Machines;
using Cluster.Core.Tests.Worlds;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Model;

/// <summary>One real object behind a journal in memory. Its results have the format of the model.</summary>
public abstract class ObjectHost
{
    private ulong _lastIncarnation = 1;

    protected ObjectHost(EntityKey key, DirectoryEntry entry, long nowMs, ExecutorOptions? options)
    {
        Entity = new Entity(key, 1, options);
        Machine.Submit(new Submit { Stamp = new Stamp { Pid = 1 } }, nowMs);
        var claim = Entity.Executor.Ready.Requests.Single();
        Entity.Executor.Ready.Clear();
        var claimed = new Claimed { Entry = entry };
        Machine.OnReply(new Reply { Id = claim.Id, From = claim.To, Claimed = claimed }, nowMs);
        Take(nowMs);
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

    /// <summary>Writes, answers what the object asks, and takes the results: "pid.seq outcome".</summary>
    public List<(int Pid, ulong Seq, string Outcome)> Take(long nowMs = 0)
    {
        List<(int Pid, ulong Seq, string Outcome)> all = [];
        while (true)
        {
            Entity.Commit();
            var ready = Entity.Executor.Ready;
            all.AddRange(ready.Results.Select(each => (each.Pid, each.Result.Seq, Print(each.Result))));
            Request[] asked = [.. ready.Requests];
            ready.Clear();
            if (asked.Length == 0) return all;
            foreach (var request in asked)
            {
                if (Answer(request) is { } errno)
                    Machine.OnReply(new Reply { Id = request.Id, From = request.To, Errno = (int)errno }, nowMs);
            }
        }
    }

    /// <summary>The answer of the entity that the object asks; null: none comes.</summary>
    protected virtual Errno? Answer(Request request) => null;

    /// <summary>The outcome of a call, as the model prints it.</summary>
    protected abstract string Print(Result result);
}
