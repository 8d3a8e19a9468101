using Cluster.Cli.Failures;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Tests;

public sealed class ExitCodeTests
{
    public static TheoryData<Exception, bool, int, string?> Failures => new()
    {
        {
            new IpcException(Errno.ENOMSG, "msgrcv"), false, 1,
            "ipc: msgrcv: ENOMSG (no message of the desired type)"
        },
        {
            new IpcException(Errno.E2BIG, "msgrcv"), false, 1, "ipc: msgrcv: E2BIG (message longer than the size given)"
        },
        { new IpcException(Errno.E2BIG, "semop"), false, 1, "ipc: semop: E2BIG (more operations than semopm allows)" },
        { new IpcException(Errno.EEXIST, "msgget"), false, 1, "ipc: msgget: EEXIST (an object exists for the key)" },
        {
            new IpcException(Errno.EEXIST, "namespace create"), false, 1,
            "ipc: namespace create: EEXIST (the namespace exists)"
        },
        { new IpcTimeoutException(Errno.ETIMEDOUT, "msgrcv"), false, 124, "ipc: msgrcv: ETIMEDOUT (timed out)" },
        { new IpcTimeoutException(Errno.EAGAIN, "semop"), false, 124, "ipc: semop: EAGAIN (timed out)" },
        { new IpcException(Errno.ETIMEDOUT, "list", "timed out"), false, 124, "ipc: list: ETIMEDOUT (timed out)" },
        { new IpcConnectException(Errno.ETIMEDOUT, "no node"), false, 3, "ipc: connect: ETIMEDOUT (no node)" },
        { new IpcConnectException(Errno.ENOENT, "no such namespace"), false, 1,
            "ipc: connect: ENOENT (no such namespace)" },
        { new IpcSessionLostException("msgrcv", "gone"), false, 1, "ipc: msgrcv: ESRCH (gone)" },
        { new UsageException("--x: bad"), false, 2, "ipc: --x: bad" },
        { new OperationCanceledException("stopped"), true, 130, null },
        { new IpcException(Errno.EINTR, "msgrcv"), true, 130, null },
        { new OperationCanceledException("stopped"), false, 1, "ipc: stopped" },
        { new IpcException(Errno.ENOMSG, "msgrcv"), true, 1, "ipc: msgrcv: ENOMSG (no message of the desired type)" },
        { new FailedException(null), false, 1, null },
        { new FailedException("ipcs: id 5 not found"), false, 1, "ipc: ipcs: id 5 not found" },
        { new BrokenPipeException(), false, 1, null },
        { new InvalidOperationException("two\nlines"), false, 1, "ipc: two lines" },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public void Each_failure_has_an_exit_code_and_one_line(
        Exception failure, bool wasInterrupted, int code, string? line)
    {
        Assert.Equal(code, ExitCodes.For(failure, wasInterrupted));
        Assert.Equal(line, ExitCodes.Say(failure, wasInterrupted));
    }

    [Theory]
    [InlineData("")]
    [InlineData("bogus")]
    [InlineData("msg")]
    [InlineData("msg send")]
    [InlineData("msg send x text")]
    [InlineData("msg send -1 text")]
    [InlineData("msg send 0 text --timeout soon")]
    [InlineData("msg send 0 text --file f")]
    [InlineData("msg receive 0 --type x")]
    [InlineData("msg receive 0 --count 0")]
    [InlineData("msg receive 0 --follow --count 2")]
    [InlineData("msg receive 0 --nowait --timeout 1s")]
    [InlineData("msg set 0 --mode 999")]
    [InlineData("msg get key")]
    [InlineData("cat")]
    [InlineData("sysctl kernel.semmsl")]
    [InlineData("sysctl kernel.shmmax=-1")]
    [InlineData("sysctl kernel.shmall=18446744073709551616")]
    [InlineData("sysctl kernel.sem=")]
    [InlineData("sem")]
    [InlineData("sem op 0")]
    [InlineData("sem op 0 0")]
    [InlineData("sem op 0 0:x")]
    [InlineData("sem op 0 0:1 --nowait --timeout 1s")]
    [InlineData("sem set-values 0")]
    [InlineData("sem set-values 0 1 2 --number 0")]
    [InlineData("sem get key")]
    [InlineData("shm")]
    [InlineData("shm get 1 --size x")]
    [InlineData("shm read x")]
    [InlineData("shm read 0 --offset -1")]
    [InlineData("sysctl kernel.msgmax=x")]
    [InlineData("sysctl --inherit kernel.msgmax=1")]
    [InlineData("ns create prod")]
    [InlineData("ns remove /")]
    [InlineData("stat --uid x")]
    [InlineData("stat --uid 4294967295")]
    [InlineData("stat --uid -1")]
    [InlineData("stat --gid 4294967295")]
    [InlineData("stat --groups 1,4294967295")]
    [InlineData("msg set 0 --owner-uid 4294967295")]
    [InlineData("shm set 0 --group 4294967295")]
    [InlineData("stat --groups 1,x")]
    [InlineData("stat --connect nonsense")]
    [InlineData("stat --namespace relative")]
    [InlineData("bench msg --objects 0")]
    [InlineData("bench msg --seconds 0")]
    [InlineData("bench msg --durable --volatile")]
    [InlineData("bench msg --wake --sequential")]
    [InlineData("bench msg --waiter-types some")]
    public Task Invalid_arguments_are_a_usage_error(string line) => IsNonsenseAsync(line, ExitCodes.Usage);

    [Theory]
    [InlineData("ipcmk")]
    [InlineData("ipcmk -Q -p 999")]
    [InlineData("ipcrm")]
    [InlineData("ipcrm -q abc")]
    [InlineData("ipcrm -Q 0")]
    [InlineData("ipcmk -M 1x")]
    [InlineData("ipcmk -M -1")]
    [InlineData("ipcmk -S 1k")]
    [InlineData("ipcrm --all=pipe")]
    [InlineData("ipcrm -s x")]
    [InlineData("ipcmk -q")]
    [InlineData("ipcmk -n /x")]
    [InlineData("ipcmk -m 1x -n /x")]
    [InlineData("ipcrm msg 1 --posix-mqueue /x")]
    [InlineData("ipcrm -M 0")]
    [InlineData("ipcs -i 0")]
    [InlineData("ipcs -q -m -i 0")]
    [InlineData("ipcs -q -a -i 0")]
    [InlineData("ipcs --human --bytes")]
    [InlineData("lsipc -q -m")]
    [InlineData("ipcs -i x")]
    [InlineData("ipcrm pipe 1")]
    [InlineData("ipcrm msg")]
    [InlineData("ipcrm msg 1 -q 2")]
    [InlineData("ipcrm -Q 08")]
    [InlineData("ipcmk -Q -p abc")]
    [InlineData("ipcs --connect nonsense")]
    public Task Invalid_arguments_exit_with_1_as_in_util_linux(string line) => IsNonsenseAsync(line, ExitCodes.Failed);

    private static async Task IsNonsenseAsync(string line, int code)
    {
        var tool = new Tool();
        Assert.Equal(code, await tool.RunAsync(line.Length == 0 ? [] : line.Split(' ')));
        Assert.Empty(tool.Output);
        Assert.StartsWith("ipc: ", tool.Error, StringComparison.Ordinal);
        Assert.Empty(tool.Connections);
    }

    [Theory]
    [InlineData("msg set 9 --qbytes 1", "ipc: msgctl(IPC_SET): EINVAL (no such queue, or -1 as its owner or group)\n")]
    [InlineData("sem set 9 --mode 0600", "ipc: semctl(IPC_SET): EINVAL (no such set, or -1 as its owner or group)\n")]
    [InlineData(
        "shm set 9 --mode 0600", "ipc: shmctl(IPC_SET): EINVAL (no such segment, or -1 as its owner or group)\n")]
    [InlineData("msg stat 9", "ipc: msgctl(IPC_STAT): EINVAL (no such queue)\n")]
    [InlineData("ns create /there", "ipc: namespace create: EEXIST (the namespace exists)\n")]
    [InlineData("ns remove /nowhere", "ipc: namespace remove: ENOENT (there is no such namespace)\n")]
    public async Task The_error_names_the_command_of_the_user(string line, string said)
    {
        var tool = new Tool();
        await using (var root = await tool.ConnectAsync(uid: 0)) await root.Namespace.CreateChildAsync("there");
        Assert.Equal(1, await tool.RunAsync($"{line} --uid 0"));
        Assert.Equal(said, tool.Error);
    }

    [Theory]
    [InlineData("sysctl kernel.foo", "NAME: 'kernel.foo' is not one of fs.mqueue.msg_default, fs.mqueue.msg_max, ")]
    [InlineData("sysctl kernel.msgmax=x", "kernel.msgmax: 'x' is not a number from 0 to 16777216\n")]
    [InlineData("sysctl kernel.shmmax=-1", "kernel.shmmax: '-1' is not a number from 0 to 18446744073709551615\n")]
    [InlineData("sysctl sem=", "kernel.sem: '' is not one to four numbers such as '250 32000 32 128'\n")]
    [InlineData("sysctl -w kernel.msgmax", "sysctl: --write takes names with values, such as kernel.msgmax=8192\n")]
    [InlineData("sysctl -w", "sysctl: --write takes names with values, such as kernel.msgmax=8192\n")]
    [InlineData("sysctl -a kernel.msgmax", "sysctl: --all takes no names\n")]
    [InlineData("sem set 0 --owner bob", "--owner-uid: 'bob' is not a number from 0 to 4294967294\n")]
    [InlineData("sem set-values 0 a", "VALUE: 'a' is not a number from 0 to 2147483647\n")]
    [InlineData("sem set-values 0 b --number 0", "VALUE: 'b' is not a number from 0 to 2147483647\n")]
    [InlineData("sem set-values 0 1 --number x", "--number: 'x' is not a number from 0 to 65535\n")]
    [InlineData("bench msg --waiter-types some", "--waiter-types: 'some' is not one or many\n")]
    [InlineData("trace -s 0 -q 0", "trace: say what to trace, one of --pid PID, ")]
    public async Task The_error_for_an_invalid_argument_names_the_valid_ones(string line, string said)
    {
        var tool = new Tool();
        Assert.Equal(ExitCodes.Usage, await tool.RunAsync(line));
        Assert.StartsWith($"ipc: {said}", tool.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exit_code_3_means_that_no_node_answers()
    {
        var tool = new Tool();
        tool.Refusal = new IpcConnectException(Errno.ETIMEDOUT, "no node answered");
        Assert.Equal(3, await tool.RunAsync("stat"));
        Assert.Equal("ipc: connect: ETIMEDOUT (no node answered)\n", tool.Error);
    }
}
