using Cluster.Cli.Tracing;
using Cluster.Protocol;
using static Cluster.Cli.Tests.Strace.TracedCalls;

namespace Cluster.Cli.Tests.Strace;

/// <summary>Calls on named POSIX semaphores, in the notation of strace.</summary>
public sealed class PosixSemaphoreStraceTests
{
    private static readonly Target Object = new() { Kind = Kind.PosixSemaphore, Id = 4 };

    [Fact]
    public void An_open_has_the_value_of_a_new_semaphore()
    {
        var get = new Get { Name = "/s", Flags = IpcFlags.IPC_CREAT, Mode = 0x180, Size = 1 };
        Is("sem_open(\"/s\", O_CREAT, 0600, 1) = 4 (id)",
            Directory(Kind.PosixSemaphore), new Call { Get = get }, new Result { Id = 4 });
        Is("sem_open(\"/s\", 0) = -1 ENOENT (No such file or directory)",
            Directory(Kind.PosixSemaphore), new Call { Get = new Get { Name = "/s" } }, Failed(Errno.ENOENT));
        Is("sem_open(/* 4 */, O_RDWR) = 3",
            Object, new Call { Description = new DescriptionCall { Open = new DescriptionOpen { Flags = 2 } } },
            new Result { DescriptionOpened = new DescriptionOpened { Number = 3 } });
        Is("sem_unlink(\"/s\") = 0",
            Directory(Kind.PosixSemaphore), new Call { Remove = new Remove { Name = "/s" } }, new Result());
    }

    [Fact]
    public void A_wait_has_the_name_of_what_its_time_out_says()
    {
        var wait = Of(new PosixSemaphoreCall { Wait = new PosixSemaphoreWait { Description = 3 } });
        Is("sem_wait(3) = 0", Object, wait, new Result());
        wait.TimeoutMs = 250;
        Is("sem_timedwait(3, /* in 250 ms */) = -1 ETIMEDOUT (Connection timed out)",
            Object, wait, Failed(Errno.ETIMEDOUT));
        wait.TimeoutMs = 0;
        Is("sem_trywait(3) = 0", Object, wait, new Result());
        Is("sem_trywait(3) = -1 EAGAIN (Resource temporarily unavailable)", Object, wait, Failed(Errno.ETIMEDOUT));
        Is("sem_trywait(3) = -1 EBADF (Bad file descriptor)", Object, wait, Failed(Errno.EBADF));
    }

    [Fact]
    public void Posts_and_values()
    {
        Is("sem_post(3) = -1 EOVERFLOW (Value too large for defined data type)",
            Object, Of(new PosixSemaphoreCall { Post = new PosixSemaphorePost { Description = 3 } }),
            Failed(Errno.EOVERFLOW));
        Is("sem_getvalue(3, [7]) = 0",
            Object, Of(new PosixSemaphoreCall { Getvalue = new PosixSemaphoreGetvalue { Description = 3 } }),
            new Result { PosixSemaphoreValue = new PosixSemaphoreValue { Value = 7 } });
        Is("sem_wait(3 /* undo */) = 0",
            Object, Of(new PosixSemaphoreCall { Wait = new PosixSemaphoreWait { Description = 3, Undo = true } }),
            new Result());
        Is("sem_post(3 /* undo */) = 0",
            Object, Of(new PosixSemaphoreCall { Post = new PosixSemaphorePost { Description = 3, Undo = true } }),
            new Result());
    }

    private static Call Of(PosixSemaphoreCall call) => new() { PosixSemaphore = call };

    private static Result Failed(Errno errno) => new() { Errno = (int)errno };

    private static void Is(string expected, Target target, Call call, Result result)
    {
        var (name, before, filled, after, value) = StraceCall.Of(target, Done(target, call, result).Completed);
        Assert.Equal(expected, $"{name}({before}{filled}{after}) = {value}");
    }
}
