using System.Net.Sockets;
using Cluster.Actors.Membership;

namespace Cluster.Actors.Tests.Membership;

/// <summary>Whoever rings is heard, however fast.</summary>
public sealed class BellTests
{
    private const int Rounds = 20_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task WhatIsPutThereBeforeAWakeIsFoundWithoutATimeOut()
    {
        using var bell = new Bell();
        long put = 0;
        var found = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var waiter = new Thread(() =>
        {
            while (true)
            {
                bell.Answer();
                if (Volatile.Read(ref put) == Rounds) break;
                Socket.Select(new List<Socket> { bell.Socket }, null, null, Timeout.Infinite);
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
            bell.Wake();
        }

        await found.Task.WaitAsync(Patience);
    }
}
