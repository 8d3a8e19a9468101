using Cluster.Cli.Tracing;
using Cluster.Protocol;
using Google.Protobuf;
using static Cluster.Cli.Tests.Strace.TracedCalls;

namespace Cluster.Cli.Tests.Strace;

/// <summary>Calls on descriptors and POSIX message queues, in the notation of strace.</summary>
public sealed class PosixStraceTests
{
    private static readonly Target Object = new() { Kind = Kind.Mqueue, Id = 4 };

    [Fact]
    public void An_open_is_a_call_to_the_directory_and_one_to_the_object()
    {
        var get = new Get { Name = "/q", Flags = IpcFlags.IPC_CREAT | IpcFlags.IPC_EXCL, Mode = 0x180 };
        Is("mq_open(\"/q\", O_CREAT|O_EXCL, 0600, NULL) = 4 (id)",
            Directory(Kind.Mqueue), new Call { Get = get }, new Result { Id = 4 });
        var size = new MqueueSize { Maxmsg = 10, Msgsize = 8192 };
        get = new Get { Name = "/q", Flags = IpcFlags.IPC_CREAT, Mqueue = size };
        Is("mq_open(\"/q\", O_CREAT, 000, {mq_maxmsg=10, mq_msgsize=8192}) = -1 EMFILE (Too many open files)",
            Directory(Kind.Mqueue), new Call { Get = get }, new Result { Errno = (int)Errno.EMFILE });
        Is("mq_open(\"/q\", 0) = 4 (id)",
            Directory(Kind.Mqueue), new Call { Get = new Get { Name = "/q" } },
            new Result { Got = new Got { Id = 4, Existed = true } });
        Is("mq_open(/* 4 */, O_RDWR|O_NONBLOCK) = 3",
            Object, Of(new DescriptionCall { Open = new DescriptionOpen { Flags = 0x802 } }),
            new Result { DescriptionOpened = new DescriptionOpened { Number = 3 } });
        Is("mq_open(/* 4 */, O_WRONLY) = -1 EACCES (Permission denied)",
            Object, Of(new DescriptionCall { Open = new DescriptionOpen { Flags = 1 } }), Failed(Errno.EACCES));
        Is("mq_unlink(\"/q\") = 0",
            Directory(Kind.Mqueue), new Call { Remove = new Remove { Name = "/q" } }, new Result());
    }

    [Fact]
    public void Calls_on_descriptors_have_the_number_of_the_description()
    {
        Is("close(3) = 0",
            Object, Of(new DescriptionCall { Close = new DescriptionClose { Number = 3 } }), new Result());
        Is("fcntl(3, F_SETFL, O_NONBLOCK) = 0",
            Object, Of(new DescriptionCall { SetFlags = new DescriptionSetFlags { Number = 3, Flags = 0x800 } }),
            new Result());
        Is("share(3, 17) = -1 ESRCH (No such process)",
            Object, Of(new DescriptionCall { Share = new DescriptionShare { Number = 3, Pid = 17 } }),
            Failed(Errno.ESRCH));
        var poll = new DescriptionCall { Poll = new DescriptionPoll { Number = 3, Events = 5 } };
        Is("poll([{fd=3, events=POLLIN|POLLOUT}], 1, -1) = 1 ([{fd=3, revents=POLLOUT}])",
            Object, Of(poll), new Result { PollReadiness = new PollReadiness { Events = 4 } });
        var timed = Of(poll);
        timed.TimeoutMs = 500;
        Is("poll([{fd=3, events=POLLIN|POLLOUT}], 1, 500) = -1 EBADF (Bad file descriptor)",
            Object, timed, Failed(Errno.EBADF));
        var stat = new FileStat { Permissions = new Permissions { Mode = 0x180 }, Size = 80 };
        Is("stat(/* 4 */, {st_mode=S_IFREG|0600, st_size=80, ...}) = 0",
            Object, Of(new DescriptionCall { Stat = new DescriptionStat() }), new Result { FileStat = stat });
    }

    [Fact]
    public void Messages_have_their_priority()
    {
        var send = Of(new MqueueCall { Send = new MqueueSend { Description = 3, Priority = 9, Text = Utf8("text") } });
        Is("mq_timedsend(3, \"text\", 4, 9, NULL) = 0", Object, send, new Result(), 4);
        send.TimeoutMs = 250;
        Is("mq_timedsend(3, \"text\", 4, 9, /* in 250 ms */) = -1 ETIMEDOUT (Connection timed out)",
            Object, send, Failed(Errno.ETIMEDOUT), 4);
        var receive = Of(new MqueueCall { Receive = new MqueueReceive { Description = 3, Size = 8192 } });
        var message = new Result { MqueueMessage = new MqueueMessage { Priority = 9, Text = Utf8("text") } };
        Is("mq_timedreceive(3, \"text\", 8192, [9], NULL) = 4", Object, receive, message, 0, 4);
        Is("mq_timedreceive(3, , 8192, NULL, NULL) = -1 EAGAIN (Resource temporarily unavailable)",
            Object, receive, Failed(Errno.EAGAIN));
        Is("mq_return(12) = 0", Object, Of(new MqueueCall { Return = new MqueueReturn { Seq = 12 } }), new Result());
        var attributes = new MqueueAttributes { Flags = 0x800, Maxmsg = 10, Msgsize = 8192, Curmsgs = 1 };
        Is("mq_getsetattr(3, NULL, {mq_flags=O_NONBLOCK, mq_maxmsg=10, mq_msgsize=8192, mq_curmsgs=1}) = 0",
            Object, Of(new MqueueCall { Getattr = new MqueueGetattr { Description = 3 } }),
            new Result { MqueueAttributes = attributes });
    }

    [Fact]
    public void A_blocked_receive_is_resumed_with_its_message()
    {
        var formatter = new TraceFormatter();
        var receive = Of(new MqueueCall { Receive = new MqueueReceive { Description = 3, Size = 8192 } });
        Assert.Equal(
            "12:03:04.123456 [pid 7] mq_timedreceive(3, , 8192, NULL, NULL <unfinished ...>",
            formatter.Line(Parked(Object, receive, 7)));
        var message = new Result { MqueueMessage = new MqueueMessage { Priority = 9, Text = Utf8("text") } };
        Assert.Equal(
            "12:03:04.123777 [pid 7] <... mq_timedreceive resumed> \"text\", 8192, [9]) = 4 <0.000321>",
            formatter.Line(Done(Object, receive, message, resultLength: 4)));
    }

    [Fact]
    public void A_registration_names_its_method_and_signal()
    {
        Is("mq_notify(3, {sigev_signo=SIGUSR1, sigev_notify=SIGEV_SIGNAL}) = 0",
            Object, Notify(new MqueueNotify { Signal = 10 }), new Result());
        Is("mq_notify(3, {sigev_value={sival_ptr=0x2a}, sigev_signo=SIGRT_2, sigev_notify=SIGEV_SIGNAL}) = 0",
            Object, Notify(new MqueueNotify { Signal = 34, Value = 42 }), new Result());
        Is("mq_notify(3, {sigev_notify=SIGEV_NONE}) = -1 EBUSY (Device or resource busy)",
            Object, Notify(new MqueueNotify { Method = 1 }), Failed(Errno.EBUSY));
        Is("mq_notify(3, {sigev_notify=SIGEV_THREAD}) = 0",
            Object, Notify(new MqueueNotify { Method = 2 }), new Result());
        Is("mq_notify(3, {sigev_notify=0xffffffff /* SIGEV_??? */}) = -1 EINVAL (Invalid argument)",
            Object, Notify(new MqueueNotify { Method = -1 }), Failed(Errno.EINVAL));
        Is("mq_notify(3, NULL) = 0", Object, Notify(new MqueueNotify { Remove = true }), new Result());
        var told = new Result { MqueueNotification = new MqueueNotification { Pid = 7, Uid = 1000, Value = 42 } };
        Is("mq_await(/* registration */ 5, {si_code=SI_MESGQ, si_pid=7, si_uid=1000, si_value={sival_ptr=0x2a}}) = 0",
            Object, Of(new MqueueCall { Await = new MqueueAwait { Registration = 5 } }), told);
    }

    [Fact]
    public void A_limit_has_its_name_in_sysctl() => Is(
        "sysctl(\"fs.mqueue.msg_max\", 5) = 0",
        new Target { Kind = Kind.Namespace },
        new Call { LimitsSet = new LimitsSet { Name = "mqueue_msg_max", Value = 5 } },
        new Result());

    private static Call Of(DescriptionCall call) => new() { Description = call };

    private static Call Of(MqueueCall call) => new() { Mqueue = call };

    private static Call Notify(MqueueNotify notify)
    {
        notify.Description = 3;
        return Of(new MqueueCall { Notify = notify });
    }

    private static Result Failed(Errno errno) => new() { Errno = (int)errno };

    private static ByteString Utf8(string text) => ByteString.CopyFromUtf8(text);

    private static void Is(
        string expected, Target target, Call call, Result result, long callLength = 0, long resultLength = 0)
    {
        var traced = Done(target, call, result, callLength, resultLength).Completed;
        var (name, before, filled, after, value) = StraceCall.Of(target, traced);
        Assert.Equal(expected, $"{name}({before}{filled}{after}) = {value}");
    }
}
