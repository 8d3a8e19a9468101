using Cluster.Core.Machines;
using Cluster.Core.Processes;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Tests.Machines;

/// <summary>The cluster's clock measures, and the wall clock is only read.</summary>
public sealed class InstantTests
{
    private const long ClockMs = 50_000;
    private const long WallMs = 1_700_000_000_000;

    private static readonly Instant Now = new(ClockMs, WallMs);

    // An hour back, and thirty days forward.
    public static TheoryData<long> WallSteps => [-3_600_000, 2_592_000_000];

    [Theory]
    [MemberData(nameof(WallSteps))]
    public void A_time_out_and_a_grace_follow_the_clock_of_the_cluster(long stepMs)
    {
        var machine = new PollMachine();
        var executor = new Executor(machine);
        var call = new Call { Seq = 1, TimeoutMs = 10_000, LimitsGet = new LimitsGet() };
        machine.Submit(new Submit { Stamp = new Stamp { Pid = 7 }, Calls = { call } }, Now);
        Assert.Equal(ClockMs + 10_000, machine.NextTickMs);
        machine.Suspend(7, new Instant(ClockMs, WallMs + stepMs));
        Assert.Equal(ClockMs + Machine.GraceMs, machine.NextTickMs);
        machine.Submit(new Submit { Stamp = new Stamp { Pid = 7 }, Calls = { call } }, Now);
        machine.Tick(new Instant(ClockMs + 9_999, WallMs + stepMs));
        Assert.Empty(executor.Ready.Results);
        machine.Tick(new Instant(ClockMs + 10_000, WallMs + stepMs));
        Assert.Equal((int)Errno.ETIMEDOUT, Assert.Single(executor.Ready.Results).Result.Errno);
    }

    [Theory]
    [MemberData(nameof(WallSteps))]
    public void A_lease_follows_the_clock_of_the_cluster_and_the_status_shows_the_wall_clock(long stepMs)
    {
        var process = new Process(Process.KeyOf(7));
        var executor = new Executor(process);
        var started = new ProcessStarted
        {
            Pid = 7, Credentials = new Credentials(), Namespace = 1, NamespacePath = "/", LeaseMs = 10_000,
            Token = ByteString.CopyFromUtf8("secret"),
        };
        process.Ask(new Request { StartProcess = new StartProcess { Process = started } }, 1, Now);
        Assert.Equal(ClockMs + 10_000, process.NextTickMs);
        process.Tick(new Instant(ClockMs + 9_999, WallMs + stepMs));
        Assert.Null(process.Exit);
        process.Submit(
            new Submit
            {
                Stamp = new Stamp { Pid = 7 }, Calls = { new Call { Seq = 1, ProcessStat = new ProcessStat() } },
            },
            new Instant(ClockMs, WallMs + stepMs));
        executor.TryBeginWrite(out _, lazy: true);
        executor.Committed();
        Assert.Equal(WallMs / 1_000, Assert.Single(executor.Ready.Results).Result.ProcessStatus.Started);
        process.Tick(new Instant(ClockMs + 10_000, WallMs + stepMs));
        Assert.True(process.Exit!.Expired);
        Assert.Equal(WallMs + stepMs, process.Exit.TimeMs);
    }

    [Theory]
    [MemberData(nameof(WallSteps))]
    public void A_tombstone_follows_the_clock_of_the_cluster(long stepMs)
    {
        var machine = new PollMachine();
        _ = new Executor(machine);
        Exit(machine, 7, Now);
        Exit(machine, 8, new Instant(ClockMs + Ledger.TombstoneMs, WallMs + stepMs));
        Assert.True(machine.Ledger.HasExited(7));
        Exit(machine, 9, new Instant(ClockMs + Ledger.TombstoneMs + 1, WallMs + stepMs));
        Assert.False(machine.Ledger.HasExited(7));
        Assert.True(machine.Ledger.HasExited(8));
    }

    private static void Exit(Machine machine, int pid, Instant now) =>
        machine.Ask(new Request { ProcessExited = new ProcessExited { Pid = pid } }, 1, now);
}
