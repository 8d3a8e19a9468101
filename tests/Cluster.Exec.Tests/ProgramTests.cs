namespace Cluster.Exec.Tests;

/// <summary>
/// C programs that check the calls of the man pages. They are right if they also pass on Linux itself, so they run there
/// as well.
/// </summary>
[Collection(ExecCollection.Name)]
public sealed class ProgramTests(ExecFixture exec)
{
    public static TheoryData<string> Names => ["messages", "states", "interrupts", "undo", "posix", "memory"];

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
}
