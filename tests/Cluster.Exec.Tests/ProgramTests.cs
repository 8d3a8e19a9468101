using Cluster.Agent.Processes;

namespace Cluster.Exec.Tests;

/// <summary>
/// C programs that check the calls of the man pages. They are right if they also pass on Linux itself, so they run there
/// as well.
/// </summary>
[Collection(ExecCollection.Name)]
public sealed class ProgramTests(ExecFixture exec)
{
    /// <summary>CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_IPC_OWNER and CAP_SYS_ADMIN: capabilities(7).</summary>
    private const ulong Needed = 1UL << 1 | 1UL << 2 | 1UL << 15 | 1UL << 21;

    public static TheoryData<string> Names => ["messages", "states", "interrupts", "undo", "posix", "polled", "memory"];

    [SkippableTheory]
    [MemberData(nameof(Names))]
    public async Task A_program_finds_what_the_man_pages_say(string name)
    {
        var program = await Tools.CompileAsync(name, exec.Scratch("programs"));
        var run = await exec.RunAsync(program);
        Assert.Equal((0, $"{name} ok\n", ""), (run.ExitCode, run.Output, run.Error));
    }

    [SkippableFact]
    public async Task A_thread_that_is_cancelled_in_msgrcv_takes_no_message()
    {
        var program = await Tools.CompileAsync("cancelled", exec.Scratch("programs"));
        var run = await exec.RunAsync(program);
        Assert.Equal((0, "cancelled ok\n", ""), (run.ExitCode, run.Output, run.Error));
    }

    [SkippableFact]
    public async Task Two_hundred_threads_that_wait_get_a_message_each()
    {
        var program = await Tools.CompileAsync("threads", exec.Scratch("programs"));
        var run = await exec.RunAsync(program);
        Assert.Equal((0, "threads ok\n", ""), (run.ExitCode, run.Output, run.Error));
    }

    [SkippableFact]
    public async Task User_0_has_no_more_capabilities_in_the_cluster_than_its_thread()
    {
        var capabilities = EffectiveCapabilities.Of(Environment.ProcessId, Environment.ProcessId) ?? 0;
        var mayDrop = Environment.IsPrivilegedProcess && (capabilities & Needed) == Needed;
        Tools.Need(mayDrop, "the test has to drop capabilities of user 0");
        var program = await Tools.CompileAsync("capabilities", exec.Scratch("programs"));
        var run = await exec.RunAsync(program);
        Assert.Equal((0, "capabilities ok\n", ""), (run.ExitCode, run.Output, run.Error));
    }
}
