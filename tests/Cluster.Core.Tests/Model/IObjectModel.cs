using Cluster.Protocol;

namespace Cluster.Core.Tests.Model;

/// <summary>A plain model of one kind of object. Its results are compared with those of the real object.</summary>
public interface IObjectModel
{
    /// <summary>The results since the last comparison: "pid.seq outcome", in their order.</summary>
    List<string> Out { get; }

    void Submit(int pid, ulong seq, ulong ack, Credentials who, Limits limits, Call call, long now);

    void Cancel(int pid, ulong seq, ulong ack, long now);

    void Exit(int pid, ulong ack, long now);

    void Disconnect(int pid, long now);

    void Tick(long now);

    void Remove();

    void Crash(long now);
}
