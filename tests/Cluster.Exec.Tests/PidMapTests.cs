using Cluster.Agent.Processes;

namespace Cluster.Exec.Tests;

/// <summary>The pids that programs see.</summary>
public sealed class PidMapTests
{
    [Fact]
    public void A_program_of_this_host_has_its_pid_of_Linux_and_another_one_a_number_that_Linux_never_gives_out()
    {
        var pids = new PidMap();
        pids.Add(7, 4_321);
        Assert.Equal((0, 4_321, PidMap.FirstForeign + 8), (pids.ToLinux(0), pids.ToLinux(7), pids.ToLinux(8)));
    }

    [Fact]
    public void A_cluster_that_was_made_anew_gives_out_the_same_pids_again()
    {
        var pids = new PidMap();
        pids.Add(7, 4_321);
        pids.Add(7, 5_000);
        Assert.Equal(5_000, pids.ToLinux(7));
    }

    [Fact]
    public void The_oldest_are_forgotten()
    {
        var pids = new PidMap();
        for (var pid = 1; pid <= 65_537; pid++) pids.Add(pid, 9);
        Assert.Equal((PidMap.FirstForeign + 1, 9, 9), (pids.ToLinux(1), pids.ToLinux(2), pids.ToLinux(65_537)));
    }
}
