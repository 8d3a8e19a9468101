using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Objects.Fifos;

/// <summary>
/// A FIFO, or a pipe, which is a FIFO without a name: fifo(7), pipe(7), open(2), pipe(2), read(2), write(2), fcntl(2)
/// (F_GETPIPE_SZ, F_SETPIPE_SZ).
/// </summary>
/// <remarks>
/// What a caller sees. An open for reading waits for one for writing, and the other way round. With O_NONBLOCK an open for
/// reading succeeds at once, and one for writing fails with ENXIO while nobody has the other end. O_RDWR never waits.
/// A read takes what is there, up to its size, and waits only for the first byte. It returns nothing when nobody has the
/// FIFO open for writing. A write fails with EPIPE when nobody has it open for reading. A write of up to PIPE_BUF bytes is
/// never divided; a longer one enters as room appears, and its call stays one call. What nobody has read is gone when
/// nobody has the FIFO open any more.
///
/// Who is served. Readers in the order of their waiting, and writers likewise. A write that arrives while others wait may
/// still fill up the last page, as on Linux, but none overtakes a write of the same process: so a process may make several
/// writes at once, and their bytes come in order.
///
/// Callers that are away. During its grace a caller is served in its turn, and its result waits. Afterwards it is passed
/// over in its place until it is back. Bytes that a process has read go back to their place if the process ends without
/// having acknowledged them.
///
/// Deviations from Linux: docs/objects/fifo.md.
/// </remarks>
public sealed partial class Fifo(EntityKey key) : NamedObject(key)
{
    // ---- state ----

    private readonly PipeBuffer _pipe = new();
    private readonly TicketTree _readLine = new();
    private readonly TicketTree _writeLine = new();
    private readonly HashSet<long> _unseen = []; // descriptions opened without a writer, and none has come since
    private long _readers;      // descriptions that are open for reading, and calls that open one
    private long _writers;
    private long _emptied;      // bytes below this position are gone
    private long _parkedBytes;  // of blocked writers, at most Bounds.ParkedBytes
    private ulong _nextTicket = 1;

    // unlink(2): "the process's effective UID is neither the UID of the file to be deleted nor that of the directory
    // containing it", in a directory with the sticky bit, such as /tmp.
    protected override Errno ForeignErrno => Errno.EPERM;

    // open(2) of a FIFO with O_DIRECT is EINVAL on Linux, and fcntl(2) sets it.
    protected override int StatusFlags => base.StatusFlags | FileFlags.O_DIRECT;

    // ---- open(2), pipe(2) ----

    protected override bool HasEnds => true;

    protected override (int First, int Second) EndsOf(int flags) =>
        (flags | FileFlags.O_RDONLY, flags | FileFlags.O_WRONLY);

    protected override bool TryParkOpen(Stamp stamp, Call call, int flags)
    {
        var (access, isNonblocking) = (flags & FileFlags.O_ACCMODE, (flags & FileFlags.O_NONBLOCK) != 0);
        if (access == FileFlags.O_WRONLY && isNonblocking && _readers == 0)
        {
            // ENXIO: "O_NONBLOCK | O_WRONLY is set, the named file is a FIFO, and no process has the FIFO open for reading."
            FailRecorded(stamp.Pid, call.Seq, Errno.ENXIO);
            return true;
        }

        var waits = !isNonblocking && access != FileFlags.O_RDWR
            && (access == FileFlags.O_WRONLY ? _readers : _writers) == 0;
        if (!waits) return false;
        if (call is { HasTimeoutMs: true, TimeoutMs: 0 })
        {
            FailRecorded(stamp.Pid, call.Seq, Errno.ETIMEDOUT);
            return true;
        }

        var opening = new FifoOpening
        {
            Pid = stamp.Pid, Seq = call.Seq, Flags = flags, DeadlineMs = DeadlineOf(call),
        };
        Emit(new FifoFact { Opening = opening });
        return true;
    }

    private void ServeOpeners()
    {
        foreach (var opener in Waiters.InLine<FifoOpener>())
        {
            if ((opener.Writes ? _readers : _writers) > 0) CompleteOpen(opener.Pid, opener.Seq, opener.Flags);
        }
    }

    // ---- decide ----

    protected override void HandleOwn(Stamp stamp, Call call)
    {
        var operation = call.OpCase == Call.OpOneofCase.Fifo ? call.Fifo : new FifoCall();
        switch (operation.OpCase)
        {
            case FifoCall.OpOneofCase.Write:
                Write(stamp.Pid, call, operation.Write);
                break;
            case FifoCall.OpOneofCase.Read:
                Read(stamp.Pid, call, operation.Read);
                break;
            case FifoCall.OpOneofCase.Resize:
                Resize(stamp, call.Seq, operation.Resize);
                break;
            case FifoCall.OpOneofCase.Stat when Held(stamp.Pid, operation.Stat.Description) is not null:
                AnswerUnrecorded(stamp.Pid, new Result { Seq = call.Seq, FifoStatus = ToStatus() });
                break;
            case FifoCall.OpOneofCase.Stat:
                FailUnrecorded(stamp.Pid, call.Seq, Errno.EBADF);
                break;
            default:
                FailUnrecorded(stamp.Pid, call.Seq, Errno.EINVAL);
                break;
        }
    }

    private FifoStatus ToStatus() => new()
    {
        Capacity = (long)_pipe.Slots * Bounds.PageBytes, Bytes = _pipe.Bytes, Readers = _readers, Writers = _writers,
    };

    // ---- write(2) ----

    private void Write(int pid, Call call, FifoWrite write)
    {
        if (WhyNotWrite(pid, call, write, out var description) is { } rejection)
        {
            Reject(pid, call.Seq, rejection);
            return;
        }

        var isPacket = (description!.Flags & FileFlags.O_DIRECT) != 0;
        var length = write.Data.Length;
        var isBehind = Waiters.Of(pid).Any(waiter => waiter is FifoWriter);
        var room = isBehind ? 0 : _pipe.RoomFor(length, isFirst: true);
        var isBlocking = !description.IsNonblocking && call is not { HasTimeoutMs: true, TimeoutMs: 0 };
        if (room == length || (room > 0 && !isBlocking)) Put(pid, call.Seq, write.Data.Memory[..room], isPacket);
        // EAGAIN: "the file descriptor has been marked nonblocking (O_NONBLOCK), and the write would block."
        else if (description.IsNonblocking) FailRecorded(pid, call.Seq, Errno.EAGAIN);
        else if (!isBlocking) FailRecorded(pid, call.Seq, Errno.ETIMEDOUT);
        else if (_parkedBytes + length > Bounds.ParkedBytes) FailRecorded(pid, call.Seq, Errno.ENOBUFS);
        else Park(pid, call, write, isPacket, isBehind);
    }

    private Rejection? WhyNotWrite(int pid, Call call, FifoWrite write, out Description? description)
    {
        description = Held(pid, write.Description);
        if (call.TimeoutMs < 0) return Rejection.Unrecorded(Errno.EINVAL);
        // EBADF: "fd is not a valid file descriptor or is not open for writing."
        if (description is not { IsWritable: true }) return Rejection.Recorded(Errno.EBADF);
        // EPIPE: "fd is connected to a pipe or socket whose reading end is closed." A write of nothing succeeds.
        if (_readers == 0 && write.Data.Length > 0) return Rejection.Recorded(Errno.EPIPE);
        return null;
    }

    private void Put(int pid, ulong seq, ReadOnlyMemory<byte> data, bool isPacket)
    {
        var put = new FifoPut { Pid = pid, Seq = seq, Data = ToBytes(data), Packet = isPacket };
        Emit(new FifoFact { Put = put });
        Release(pid, seq);
        Serve();
    }

    private void Park(int pid, Call call, FifoWrite write, bool isPacket, bool isBehind)
    {
        var writing = new FifoWriting
        {
            Pid = pid,
            Seq = call.Seq,
            Data = write.Data,
            Packet = isPacket,
            DeadlineMs = DeadlineOf(call),
            Behind = isBehind,
        };
        Emit(new FifoFact { Writing = writing });
        Serve();
    }

    private static Google.Protobuf.ByteString ToBytes(ReadOnlyMemory<byte> data) =>
        Google.Protobuf.UnsafeByteOperations.UnsafeWrap(data); // part of a call, which nobody changes

    // ---- read(2) ----

    private void Read(int pid, Call call, FifoRead read)
    {
        if (WhyNotRead(pid, call, read, out var description) is { } rejection) Reject(pid, call.Seq, rejection);
        else if (!_pipe.IsEmpty || _writers == 0 || read.Size == 0)
        {
            Take(pid, call.Seq, read.Size);
            Serve();
        }
        // EAGAIN: "the file descriptor has been marked nonblocking (O_NONBLOCK), and the read would block."
        else if (description!.IsNonblocking) FailRecorded(pid, call.Seq, Errno.EAGAIN);
        else if (call is { HasTimeoutMs: true, TimeoutMs: 0 }) FailRecorded(pid, call.Seq, Errno.ETIMEDOUT);
        else
        {
            var reading = new FifoReading
            {
                Pid = pid, Seq = call.Seq, Size = read.Size, DeadlineMs = DeadlineOf(call),
            };
            Emit(new FifoFact { Reading = reading });
        }
    }

    private Rejection? WhyNotRead(int pid, Call call, FifoRead read, out Description? description)
    {
        description = Held(pid, read.Description);
        if (call.TimeoutMs < 0 || read.Size < 0) return Rejection.Unrecorded(Errno.EINVAL);
        // EBADF: "fd is not a valid file descriptor or is not open for reading."
        if (description is not { IsReadable: true }) return Rejection.Recorded(Errno.EBADF);
        return null;
    }

    private void Take(int pid, ulong seq, long size)
    {
        Emit(new FifoFact { Taken = new FifoTaken { Pid = pid, Seq = seq, Size = Math.Min(size, Bounds.PipeBytes) } });
        Release(pid, seq);
    }

    // ---- fcntl(2) ----

    private void Resize(Stamp stamp, ulong seq, FifoResize resize)
    {
        if (WhyNotResize(stamp, resize) is { } rejection)
        {
            Reject(stamp.Pid, seq, rejection);
            return;
        }

        var resized = new FifoResized { Pid = stamp.Pid, Seq = seq, Slots = SlotsOf(resize.Bytes) };
        Emit(new FifoFact { Resized = resized });
        Release(stamp.Pid, seq);
        Serve();
    }

    private Rejection? WhyNotResize(Stamp stamp, FifoResize resize)
    {
        if (Held(stamp.Pid, resize.Description) is null) return Rejection.Recorded(Errno.EBADF);
        // round_pipe_size of fs/pipe.c, with an unsigned number.
        if (resize.Bytes is < 0 or > 1L << 31) return Rejection.Unrecorded(Errno.EINVAL);
        // EPERM: above pipe-max-size. The cluster holds no larger pipe for root either.
        if ((long)SlotsOf(resize.Bytes) * Bounds.PageBytes > Bounds.PipeBytes) return Rejection.Recorded(Errno.EPERM);
        // EBUSY: "trying to set the capacity value to less than the amount of buffer space currently used."
        if (SlotsOf(resize.Bytes) < _pipe.UsedSlots) return Rejection.Recorded(Errno.EBUSY);
        return null;
    }

    private static int SlotsOf(long bytes) =>
        (int)(System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)Math.Max(bytes, Bounds.PageBytes)) / Bounds.PageBytes);

    // ---- poll(2) ----

    // pipe_poll of fs/pipe.c.
    protected override int Readiness(Description description)
    {
        var ready = 0;
        if (description.IsReadable)
        {
            if (!_pipe.IsEmpty) ready |= FileFlags.POLLIN;
            if (_writers == 0 && !_unseen.Contains(description.Number)) ready |= FileFlags.POLLHUP;
        }

        if (description.IsWritable)
        {
            if (!_pipe.IsFull) ready |= FileFlags.POLLOUT;
            if (_readers == 0) ready |= FileFlags.POLLERR;
        }

        return ready;
    }

    // ---- creation and removal ----

    protected override Event Create(DirectoryEntry entry) => ToEvent(new FifoFact
    {
        Created = new FifoCreated
        {
            Permissions = entry.Permissions,
            TimeMs = entry.TimeMs,
            Volatile = entry.Volatile,
            Creator = entry.Unnamed ? entry.Creator : 0,
            CreatorSeq = entry.Unnamed ? entry.CreatorSeq : 0,
            Unnamed = entry.Unnamed,
        },
    });

    protected override Event Removed() => ToEvent(new FifoFact { Removed = new FifoRemoved() });

    private void Emit(FifoFact fact) => Emit(ToEvent(fact));

    private static Event ToEvent(FifoFact fact) => new() { Fifo = fact };
}
