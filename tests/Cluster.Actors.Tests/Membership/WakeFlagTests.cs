using System.Net.Sockets;
using Cluster.Actors.Membership.Links;

namespace Cluster.Actors.Tests.Membership;

/// <summary>No wake-up is lost, however fast they follow each other.</summary>
public sealed class WakeFlagTests
{
    private const int Rounds = 20_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Work_queued_before_a_wake_is_found_without_a_time_out()
    {
        using var wakeFlag = new WakeFlag();
        long put = 0;
        var found = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var waiter = new Thread(() =>
        {
            while (true)
            {
                wakeFlag.Clear();
                if (Volatile.Read(ref put) == Rounds) break;
                Socket.Select(new List<Socket> { wakeFlag.Socket }, null, null, Timeout.Infinite);
            }

            found.SetResult();
        })
        {
            IsBackground = true,
        };
        waiter.Start();
        for (var i = 1; i <= Rounds; i++)
        {
            Volatile.Write(ref put, i);
            wakeFlag.Wake();
        }

        await found.Task.WaitAsync(Patience);
    }
}
