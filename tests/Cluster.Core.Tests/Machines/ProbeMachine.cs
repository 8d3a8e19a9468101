using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Machines;

/// <summary>
/// The smallest machine: LimitsSet is a call that changes something, LimitsGet one that reads, NamespaceCreate one
/// that fails. Its state is a snapshot of the namespace kind.
/// </summary>
public sealed class ProbeMachine() : Machine(new EntityKey { Kind = Kind.Namespace, Namespace = 9 })
{
    private long _value;

    public bool IsVolatileNow { get; set; }

    public override bool IsVolatile => IsVolatileNow;

    protected override void Execute(Stamp stamp, Call call)
    {
        switch (call.OpCase)
        {
            case Call.OpOneofCase.LimitsSet:
                var changed = new LimitChanged { Pid = stamp.Pid, Seq = call.Seq, Value = call.LimitsSet.Value };
                Emit(new Event { LimitChanged = changed });
                Release(stamp.Pid, call.Seq);
                break;
            case Call.OpOneofCase.LimitsGet:
                AnswerUnrecorded(stamp.Pid, new Result { Seq = call.Seq, Limits = new Limits { Msgmax = _value } });
                break;
            default:
                FailRecorded(stamp.Pid, call.Seq, Errno.EPERM);
                break;
        }
    }

    protected override void ApplyFact(Event fact)
    {
        _value = fact.LimitChanged.Value;
        ApplyCompleted(fact.LimitChanged.Pid, new Result { Seq = fact.LimitChanged.Seq });
    }

    protected override void SaveState(Snapshot snapshot)
    {
        snapshot.Namespace = new NamespaceState();
        snapshot.Namespace.Limits.Add("value", _value);
    }

    protected override void LoadState(Snapshot snapshot) => _value = snapshot.Namespace.Limits["value"];

    public static Submit Set(int pid, ulong seq, ulong ack = 0, long value = 1) =>
        One(pid, ack, new Call { Seq = seq, LimitsSet = new LimitsSet { Value = value } });

    public static Submit Get(int pid, ulong seq, ulong ack = 0) =>
        One(pid, ack, new Call { Seq = seq, LimitsGet = new LimitsGet() });

    public static Submit Failing(int pid, ulong seq, ulong ack = 0) =>
        One(pid, ack, new Call { Seq = seq, NamespaceCreate = new NamespaceCreate() });

    public static Submit Ack(int pid, ulong ack, params ulong[] pending) =>
        new() { Stamp = new Stamp { Pid = pid }, Ack = ack, Pending = { pending } };

    private static Submit One(int pid, ulong ack, Call call) =>
        new() { Stamp = new Stamp { Pid = pid }, Ack = ack, Calls = { call } };
}
