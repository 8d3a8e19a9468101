using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>One semaphore of a set at one moment.</summary>
/// <param name="Value">GETVAL: semval.</param>
/// <param name="Pid">GETPID: the process that last operated on it.</param>
/// <param name="IncreaseCount">GETNCNT: calls that wait for the value to increase.</param>
/// <param name="ZeroCount">GETZCNT: calls that wait for zero.</param>
public readonly record struct SemaphoreState(int Value, int Pid, int IncreaseCount, int ZeroCount)
{
    internal static IReadOnlyList<SemaphoreState> From(SemValues wire) =>
    [
        .. Enumerable.Range(0, wire.Values.Count).Select(i => new SemaphoreState(
            (int)wire.Values[i], wire.Pids[i], (int)wire.IncreaseCounts[i], (int)wire.ZeroCounts[i])),
    ];
}
