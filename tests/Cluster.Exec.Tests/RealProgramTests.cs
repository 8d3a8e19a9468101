using System.Text.RegularExpressions;

namespace Cluster.Exec.Tests;

/// <summary>Programs that know nothing of a cluster.</summary>
[Collection(ExecCollection.Name)]
public sealed partial class RealProgramTests(ExecFixture exec)
{
    [SkippableFact]
    public async Task Util_linux_makes_shows_and_removes_objects_of_the_cluster()
    {
        Tools.NeedShim();
        var (ipcs, lsipc) = (Tools.Find("ipcs"), Tools.Find("lsipc"));
        var queue = IdOf(await SaysAsync(Tools.Find("ipcmk"), "-Q", "-p", "0640"));
        var set = IdOf(await SaysAsync("ipcmk", "-S", "3"));
        var segment = IdOf(await SaysAsync("ipcmk", "-M", "10000"));
        Assert.Matches($@"\b{queue}\b.*\b640\b", await SaysAsync(ipcs, "-q"));
        Assert.Matches($@"\b{set}\b.*\b3\b", await SaysAsync(ipcs, "-s"));
        Assert.Matches($@"\b{segment}\b.*\b10000\b", await SaysAsync(ipcs, "-m"));
        Assert.Contains("max queues system wide = 32000", await SaysAsync(ipcs, "-l"), StringComparison.Ordinal);
        Assert.Contains("allocated semaphores = ", await SaysAsync(ipcs, "-u"), StringComparison.Ordinal);
        Assert.Contains("mode=0640", await SaysAsync(ipcs, "-q", "-i", queue), StringComparison.Ordinal);
        Assert.Matches($@"\b{queue}\b", await SaysAsync(lsipc, "-q"));
        Assert.Matches(@"MSGMNI\s.*\s32000\b", await SaysAsync(lsipc));
        await SaysAsync(Tools.Find("ipcrm"), "-q", queue, "-s", set, "-m", segment);
        Assert.DoesNotMatch($@"\b{queue}\b", await SaysAsync(ipcs, "-q"));
    }

    [SkippableFact]
    public async Task A_setting_that_is_written_holds_for_the_next_call()
    {
        Tools.NeedShim();
        Tools.Need(Environment.IsPrivilegedProcess, "only root may write to the files of the kernel");
        const string program = "echo 5000 > /proc/sys/kernel/msgmax; cat /proc/sys/kernel/msgmax; "
            + "echo 8192 > /proc/sys/kernel/msgmax; cat /proc/sys/kernel/msgmax";
        Assert.Equal("5000\n8192\n", await SaysAsync("bash", "-c", program));
    }

    [SkippableFact]
    public async Task Perl_of_one_agent_talks_to_python_of_another()
    {
        Tools.NeedShim();
        var (perl, python) = (Tools.Find("perl"), "/usr/bin/python3");
        Tools.Need((await exec.RunAsync(python, "-c", "import sysv_ipc")).ExitCode == 0, "python3-sysv-ipc");
        var other = await exec.StartAgentAsync("second");
        const string key = "4242";
        var receiving = exec.RunAtAsync(
            other, python, "-c",
            $"import sysv_ipc; q=sysv_ipc.MessageQueue({key},sysv_ipc.IPC_CREAT); print(q.receive()); q.remove()");
        var sent = await exec.RunAsync(
            perl, "-MIPC::SysV=IPC_CREAT", "-MIPC::Msg", "-e",
            $"$q=IPC::Msg->new({key},IPC_CREAT|0600) or die; $q->snd(5,'from perl') or die");
        Assert.Equal("", sent.Error);
        var received = await receiving;
        Assert.Equal("(b'from perl', 5)\n", received.Output);
    }

    [SkippableFact]
    public async Task Perl_shares_memory_with_its_child()
    {
        Tools.NeedShim();
        var perl = Tools.Find("perl");
        Tools.Need((await exec.RunAsync(perl, "-MIPC::ShareLite", "-e", "1")).ExitCode == 0, "libipc-sharelite-perl");
        // A child that ends with exit() may remove the memory: perl may then call DESTROY, in an order that it does not define.
        const string program = "$s=IPC::ShareLite->new(-key=>77,-create=>'yes',-destroy=>'yes') or die; "
            + "$s->store('before'); "
            + "if(fork==0){$s->store('by '.($s->fetch eq 'before' ? 'child' : 'nobody')); POSIX::_exit(0)} "
            + "wait; print $s->fetch";
        Assert.Equal("by child", await SaysAsync(perl, "-MPOSIX", "-MIPC::ShareLite", "-e", program));
    }

    [SkippableFact]
    public async Task Php_uses_queues_semaphores_and_memory()
    {
        Tools.NeedShim();
        const string program = "$q=msg_get_queue(99); msg_send($q,3,'text'); msg_receive($q,0,$t,100,$m); "
            + "$s=sem_get(98); sem_acquire($s); sem_release($s); sem_remove($s); $h=shm_attach(97,10000); "
            + "shm_put_var($h,1,$m); echo $t,' ',shm_get_var($h,1); shm_remove($h); msg_remove_queue($q);";
        Assert.Equal("3 text", await SaysAsync(Tools.Find("php"), "-r", program));
    }

    [SkippableFact]
    public async Task Fakeroot_keeps_owners_through_its_queues()
    {
        Tools.NeedShim();
        var file = Path.Combine(exec.Scratch("fakeroot"), "file");
        var said = await SaysAsync(
            Tools.Find("fakeroot-sysv"), "sh", "-c", $"touch {file}; chown 123:456 {file}; stat -c '%u %g' {file}");
        Assert.Equal("123 456\n", said);
    }

    [SkippableTheory]
    [InlineData("msg", "500")]
    [InlineData("sem-sysv", "500")]
    [InlineData("shm-sysv", "3")]
    [InlineData("mq", "1000")] // it polls the queue
    public async Task Stress_ng_finds_no_fault(string stressor, string operations)
    {
        Tools.NeedShim();
        var run = await exec.RunAsync(
            "--volatile", Tools.Find("stress-ng"), "--" + stressor, "1", $"--{stressor}-ops", operations, "--verify");
        Assert.True(run.ExitCode == 0, run.Output + run.Error);
        Assert.DoesNotContain("fail", run.Output + run.Error, StringComparison.Ordinal);
    }

    private async Task<string> SaysAsync(params string[] words)
    {
        var run = await exec.RunAsync(words);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal("", run.Error);
        return run.Output;
    }

    private static string IdOf(string output) => Number().Match(output).Value;

    [GeneratedRegex(@"\d+")]
    private static partial Regex Number();
}
