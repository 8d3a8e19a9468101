using System.Net;
using Cluster.Actors;
using Cluster.Node.Gateway;
using Microsoft.Extensions.Time.Testing;

namespace Cluster.Node.Tests.Gateway;

/// <summary>Processes that begin faster than they may wait; addresses have their turns one after another.</summary>
public sealed class NewProcessesTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan OneProcess = TimeSpan.FromSeconds(1) / NewProcesses.PerSecond;

    private static readonly IPAddress One = IPAddress.Parse("10.0.0.1");
    private static readonly IPAddress Other = IPAddress.Parse("10.0.0.2");

    private readonly FakeTimeProvider _clock = new();
    private readonly NewProcesses _processes;

    public NewProcessesTests()
    {
        _processes = new NewProcesses(new NodeStats(), _clock);
        for (var i = 0; i < NewProcesses.Burst; i++)
        {
            Assert.Null(_processes.Enter(One, default));
            _processes.HasBegun();
        }
    }

    // The node is slow: what others ask of it would wait behind those that begin.
    [Fact]
    public async Task One_more_waits_until_one_of_those_that_begin_has_its_answer()
    {
        _clock.Advance(TimeSpan.FromMinutes(1));
        for (var i = 0; i < NewProcesses.MostBeginning; i++) Assert.Null(_processes.Enter(One, default));
        var next = _processes.Enter(Other, default)!;
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.False(next.IsCompleted);
        _processes.HasBegun();
        await next.WaitAsync(Patience);
    }

    [Fact]
    public async Task Another_address_does_not_wait_behind_all_of_the_first()
    {
        var first = Enumerable.Range(0, 50).Select(_ => _processes.Enter(One, default)!).ToArray();
        var other = _processes.Enter(Other, default)!;
        _clock.Advance(2 * OneProcess + TimeSpan.FromMilliseconds(1));
        await Task.WhenAll(first[0], other).WaitAsync(Patience);
        Assert.False(first[2].IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await Task.WhenAll(first).WaitAsync(Patience);
    }

    [Fact]
    public async Task One_that_is_gone_takes_no_turn()
    {
        using var gone = new CancellationTokenSource();
        var given = _processes.Enter(One, gone.Token)!;
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given.WaitAsync(Patience));
        var next = _processes.Enter(One, default)!;
        _clock.Advance(OneProcess + TimeSpan.FromMilliseconds(10));
        await next.WaitAsync(Patience);
    }

    [Fact]
    public void Too_many_of_one_address_are_refused_and_others_are_not()
    {
        for (var i = 0; i < NewProcesses.MostOfAddress; i++) Assert.NotNull(_processes.Enter(One, default));
        Assert.Throws<NewProcesses.TooManyException>(() => { _ = _processes.Enter(One, default); });
        Assert.NotNull(_processes.Enter(Other, default));
    }
}
