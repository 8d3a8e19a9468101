using Cluster.Cli.Output;
using Cluster.Cli.Tracing;
using Cluster.Protocol;
using Google.Protobuf;
using static Cluster.Cli.Tests.Strace.TracedCalls;

namespace Cluster.Cli.Tests.Strace;

/// <summary>The text of every call, in the notation of strace.</summary>
public sealed class StraceCallTests
{
    private static readonly Permissions Owner = new() { Uid = 1, Gid = 2, Cuid = 3, Cgid = 4, Mode = 0x180, Key = 42 };

    [Fact]
    public void Calls_on_message_queues_have_their_arguments()
    {
        Is("msgsnd(3, {mtype=1, mtext=\"hello\"}, 5, 0) = 0",
            Queue(3), new Call { Msgsnd = new MsgSnd { Type = 1, Text = Utf8("hello") } }, new Result(), 5);
        Is("msgsnd(3, {mtype=1, mtext=\"\"}, 0, IPC_NOWAIT) = -1 EAGAIN (Resource temporarily unavailable)",
            Queue(3), new Call { Msgsnd = new MsgSnd { Type = 1, Flags = IpcFlags.IPC_NOWAIT } }, Failed(Errno.EAGAIN));
        Is("msgrcv(3, {mtype=1, mtext=\"hello\"}, 8192, -2, MSG_NOERROR|MSG_EXCEPT) = 5",
            Queue(3), Receive(-2, IpcFlags.MSG_NOERROR | IpcFlags.MSG_EXCEPT), Received("hello"), 0, 5);
        Is("msgrcv(3, , 8192, 0, IPC_NOWAIT) = -1 ENOMSG (No message of desired type)",
            Queue(3), Receive(0, IpcFlags.IPC_NOWAIT), Failed(Errno.ENOMSG));
        Is("msgrcv(3, , 8192, 0, 0) = -1 EIDRM (Identifier removed)", Queue(3), Receive(0, 0), Failed(Errno.EIDRM));
        Is("msgreturn(3, 12) = 0",
            Queue(3), new Call { Msgreturn = new MsgReturn { Seq = 12 } }, new Result());
        Is("msgreturn(3, 12) = -1 ENOENT (No such file or directory)",
            Queue(3), new Call { Msgreturn = new MsgReturn { Seq = 12 } }, Failed(Errno.ENOENT));
        Is("msgctl(3, IPC_STAT, {msg_perm={uid=1, gid=2, mode=0600, key=42, cuid=3, cgid=4}, msg_stime=5, "
            + "msg_rtime=6, msg_ctime=7, msg_qnum=8, msg_qbytes=9, msg_lspid=10, msg_lrpid=11}) = 0",
            Queue(3), new Call { Msgstat = new MsgStat() }, new Result
            {
                QueueStat = new QueueStat
                {
                    Permissions = Owner, Stime = 5, Rtime = 6, Ctime = 7, Qnum = 8, Qbytes = 9, Lspid = 10, Lrpid = 11,
                },
            });
        Is("msgctl(3, MSG_STAT_ANY, ) = -1 EINVAL (Invalid argument)",
            Queue(3), new Call { Msgstat = new MsgStat { Any = true } }, Failed(Errno.EINVAL));
        Is("msgctl(3, IPC_SET, {msg_perm={uid=1, gid=2, mode=0600}, msg_qbytes=9}) = 0",
            Queue(3), new Call { Msgset = new MsgSet { Uid = 1, Gid = 2, Mode = 0x180, Qbytes = 9 } }, new Result());
    }

    [Fact]
    public void Calls_on_semaphore_sets_have_their_arguments()
    {
        var take = new SemBuf { Op = -1, Flags = IpcFlags.SEM_UNDO };
        var give = new SemBuf { Num = 2, Op = 3, Flags = IpcFlags.SEM_UNDO | IpcFlags.IPC_NOWAIT };
        Is("semop(0, [{sem_num=0, sem_op=-1, sem_flg=SEM_UNDO}], 1) = 0", Set(0), Operate(take), new Result(), 1);
        Is("semop(0, [{sem_num=0, sem_op=-1, sem_flg=SEM_UNDO}, "
                + "{sem_num=2, sem_op=3, sem_flg=SEM_UNDO|IPC_NOWAIT}], 2) = -1 ERANGE (Numerical result out of range)",
            Set(0), Operate(take, give), Failed(Errno.ERANGE), 2);
        var timed = Operate(new SemBuf());
        timed.TimeoutMs = 1_500;
        Is("semtimedop(0, [{sem_num=0, sem_op=0, sem_flg=0}], 1, {tv_sec=1, tv_nsec=500000000}) = -1 EAGAIN "
            + "(Resource temporarily unavailable)",
            Set(0), timed, Failed(Errno.EAGAIN), 1);
        Is("semctl(0, 2, GETVAL) = 5", Set(0), Ask(SemQuestion.Value, 2), new Result { SemNumber = 5 });
        Is("semctl(0, 2, GETPID) = 9", Set(0), Ask(SemQuestion.Pid, 2), new Result { SemNumber = 9 });
        Is("semctl(0, 0, GETNCNT) = 1", Set(0), Ask(SemQuestion.IncreaseCount, 0), new Result { SemNumber = 1 });
        Is("semctl(0, 0, GETZCNT) = 0", Set(0), Ask(SemQuestion.ZeroCount, 0), new Result { SemNumber = 0 });
        Is("semctl(0, 0, GETALL, [1, 2]) = 0", Set(0), Ask(SemQuestion.AllValues, 0),
            new Result { SemValues = new SemValues { Values = { 1, 2 } } }, 0, 2);
        Is("semctl(0, 0, 0x63 /* SEM_??? */) = -1 EINVAL (Invalid argument)",
            Set(0), Ask((SemQuestion)99, 0), Failed(Errno.EINVAL));
        Is("semctl(0, 1, SETVAL, 4) = 0",
            Set(0), new Call { Semsetval = new SemSetVal { Num = 1, Value = 4 } }, new Result());
        Is("semctl(0, 0, SETALL, [1, 2]) = -1 EACCES (Permission denied)",
            Set(0), new Call { Semsetall = new SemSetAll { Values = { 1, 2 } } }, Failed(Errno.EACCES), 2);
        Is("semctl(0, 0, IPC_STAT, {sem_perm={uid=1, gid=2, mode=0600, key=42, cuid=3, cgid=4}, sem_otime=5, "
            + "sem_ctime=6, sem_nsems=7}) = 0", Set(0), new Call { Semstat = new SemStat() },
            new Result { SetStat = new SetStat { Permissions = Owner, Otime = 5, Ctime = 6, Nsems = 7 } });
        Is("semctl(0, 0, IPC_SET, {sem_perm={uid=1, gid=2, mode=0600}}) = -1 EPERM (Operation not permitted)",
            Set(0), new Call { Semset = new SemSet { Uid = 1, Gid = 2, Mode = 0x180 } }, Failed(Errno.EPERM));
    }

    [Fact]
    public void Calls_on_shared_memory_have_their_arguments()
    {
        Is("shmat(5, NULL, SHM_RDONLY) = 0x1",
            Segment(5), new Call { Shmat = new ShmAt { Flags = IpcFlags.SHM_RDONLY } },
            new Result { ShmAttachment = new ShmAttachment { Id = 1 } });
        Is("shmdt(/* 5 */ 0x1) = 0", Segment(5), new Call { Shmdt = new ShmDt { Attachment = 1 } }, new Result());
        Is("shmctl(5, SHM_LOCK, NULL) = 0", Segment(5), new Call { Shmlock = new ShmLock() }, new Result());
        Is("shmctl(5, SHM_UNLOCK, NULL) = 0",
            Segment(5), new Call { Shmlock = new ShmLock { Unlock = true } }, new Result());
        Is("shmctl(5, IPC_SET, {shm_perm={uid=1, gid=2, mode=0600}}) = 0",
            Segment(5), new Call { Shmset = new ShmSet { Uid = 1, Gid = 2, Mode = 0x180 } }, new Result());
        Is("shmctl(5, IPC_STAT, {shm_perm={uid=1, gid=2, mode=0600, key=42, cuid=3, cgid=4}, shm_segsz=5, "
            + "shm_cpid=6, shm_lpid=7, shm_nattch=8, shm_atime=9, shm_dtime=10, shm_ctime=11}) = 0",
            Segment(5), new Call { Shmstat = new ShmStat() }, new Result
            {
                SegmentStat = new SegmentStat
                {
                    Permissions = Owner, Segsz = 5, Cpid = 6, Lpid = 7, Nattch = 8, Atime = 9, Dtime = 10, Ctime = 11,
                },
            });
        var extent = new Target { Kind = Kind.Extent, Id = (5L << 32) | 1 };
        Is("shm_write(5, \"ab\", 2, 0x40010) = 2",
            extent, new Call { ShmWrite = new ShmWrite { Offset = 16, Data = Utf8("ab") } }, new Result(), 2);
        Is("shm_read(5, \"ab\"..., 4096, 0x40000) = 4096",
            extent, new Call { ShmRead = new ShmRead { Length = 4_096 } },
            new Result { ShmBytes = new ShmBytes { Data = Utf8("ab"), Length = 4_096 } }, 0, 4_096);
        var swap = new ShmAtomic
        {
            Operation = ShmAtomic.Types.Operation.CompareExchange, Width = 4, Expected = 1, Operand = 2,
        };
        Is("shm_compare_exchange(5, 0x40000, 4, 0x1, 0x2) = 0x1",
            extent, new Call { ShmAtomic = swap }, new Result { ShmWord = new ShmWord { Previous = 1 } });
    }

    [Fact]
    public void Calls_on_directories_and_namespaces_have_their_arguments()
    {
        var create = IpcFlags.IPC_CREAT | IpcFlags.IPC_EXCL | 0x180;
        Is("msgget(0x2a, IPC_CREAT|IPC_EXCL|0600) = 3", Directory(Kind.MessageQueue),
            new Call { Get = new Get { Key = 42, Flags = create } }, new Result { Id = 3 });
        Is("msgget(0x2a, 000) = -1 ENOENT (No such file or directory)",
            Directory(Kind.MessageQueue), new Call { Get = new Get { Key = 42 } }, Failed(Errno.ENOENT));
        Is("semget(IPC_PRIVATE, 2, 0600) = 0", Directory(Kind.SemaphoreSet),
            new Call { Get = new Get { Size = 2, Flags = 0x180 } }, new Result { Got = new Got() });
        Is("shmget(0xffffffff, 4096, 0600) = 5", Directory(Kind.SharedMemory),
            new Call { Get = new Get { Key = -1, Size = 4_096, Flags = 0x180 } },
            new Result { Got = new Got { Id = 5 } });
        Is("msgget(/* 3 */, 0600) = -1 EACCES (Permission denied)",
            Queue(3), new Call { Access = new Access { Flags = 0x180 } }, Failed(Errno.EACCES));
        Is("msgctl(3, IPC_RMID, NULL) = 0",
            Directory(Kind.MessageQueue), new Call { Remove = new Remove { Id = 3 } }, new Result());
        Is("semctl(3, 0, IPC_RMID, NULL) = -1 EPERM (Operation not permitted)",
            Directory(Kind.SemaphoreSet), new Call { Remove = new Remove { Id = 3 } }, Failed(Errno.EPERM));
        Is("shmctl(3, IPC_RMID, NULL) = 0",
            Directory(Kind.SharedMemory), new Call { Remove = new Remove { Id = 3 } }, new Result());
        Is("ns_create(\"a\") = -1 EEXIST (File exists)", new Target { Kind = Kind.Namespace },
            new Call { NamespaceCreate = new NamespaceCreate { Name = "a" } }, Failed(Errno.EEXIST));
        Is("sysctl(\"kernel.msgmax\", 9) = 0", new Target { Kind = Kind.Namespace },
            new Call { LimitsSet = new LimitsSet { Name = "msgmax", Value = 9 } }, new Result());
    }

    [Theory]
    [InlineData("a\"\\\n\t", "\"a\\\"\\\\\\n\\t\"")]
    [InlineData("\u0001", "\"\\1\"")]
    [InlineData("\u00012", "\"\\0012\"")]
    [InlineData("0123456789012345678901234567890123456789", "\"01234567890123456789012345678901\"...")]
    public void Texts_are_quoted(string text, string quoted) =>
        Assert.Equal(quoted, StraceText.Quote(Utf8(text), Utf8(text).Length));

    [Fact]
    public void Long_arrays_are_cut() =>
        Assert.Equal("[" + string.Join(", ", Enumerable.Range(0, 32)) + ", ...]",
            StraceText.Array(Enumerable.Range(0, 32).Select(i => $"{i}"), 40));

    [Fact]
    public void Every_errno_has_its_text() =>
        Assert.All(Enum.GetValues<Errno>().Where(errno => errno != Errno.None), errno =>
            Assert.DoesNotContain("Unknown", StraceText.Failure((int)errno), StringComparison.Ordinal));

    private static void Is(
        string line, Target target, Call call, Result result, long callLength = 0, long resultLength = 0) =>
        Assert.Equal($"12:03:04.123456 [pid 7] {line} <0.000321>",
            new TraceFormatter().Line(Done(target, call, result, callLength, resultLength)));

    private static Result Failed(Errno errno) => new() { Errno = (int)errno };

    private static Result Received(string text) => new() { Message = new Message { Type = 1, Text = Utf8(text) } };

    private static Call Receive(long type, int flags) =>
        new() { Msgrcv = new MsgRcv { Type = type, Size = 8_192, Flags = flags } };

    private static Call Operate(params SemBuf[] ops) => new() { Semop = new SemOp { Ops = { ops } } };

    private static Call Ask(SemQuestion question, int num) =>
        new() { Semquery = new SemQuery { Question = question, Num = num } };

    private static ByteString Utf8(string text) => ByteString.CopyFromUtf8(text);
}
