using Cluster.Protocol;

namespace Cluster.Conformance.Signals;

/// <summary>What a step does.</summary>
internal enum Deed
{
    /// <summary>kill(2).</summary>
    Kill,

    /// <summary>sigqueue(3).</summary>
    Queue,

    /// <summary>sigprocmask(2).</summary>
    Mask,

    /// <summary>sigpending(2).</summary>
    Pending,

    /// <summary>sigtimedwait(2) without time.</summary>
    Wait,

    /// <summary>sigaction(2) with SIG_DFL or SIG_IGN.</summary>
    Act,
}

/// <summary>A step of a story: the sender's or the receiver's.</summary>
internal readonly record struct Step(Deed Deed, int Signal = 0, int Number = 0, ulong Set = 0)
{
    public bool IsSent => Deed is Deed.Kill or Deed.Queue;

    public override string ToString() => Deed switch
    {
        Deed.Kill => $"kill({Signal})",
        Deed.Queue => $"sigqueue({Signal}, {Number})",
        Deed.Mask => $"sigprocmask({Number}, {Names(Set)})",
        Deed.Wait => $"sigtimedwait({Names(Set)})",
        Deed.Act => $"sigaction({Signal}, {Number})",
        _ => "sigpending()",
    };

    private static string Names(ulong set) => $"[{string.Join(' ', SignalSet.All(set))}]";
}
