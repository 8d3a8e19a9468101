using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>A signal that a process has got: siginfo_t of sigaction(2).</summary>
/// <param name="Signal">si_signo.</param>
/// <param name="Code">si_code.</param>
/// <param name="SenderPid">si_pid; 0: the signal was sent when the queue was full.</param>
/// <param name="SenderUid">si_uid.</param>
/// <param name="Value">si_value of sigqueue(3).</param>
public readonly record struct ReceivedSignal(
    Signal Signal, SignalCode Code, int SenderPid, uint SenderUid, long Value)
{
    internal static ReceivedSignal From(SignalInfo info) =>
        new((Signal)info.Signal, (SignalCode)info.Code, info.Pid, info.Uid, info.Value);
}
