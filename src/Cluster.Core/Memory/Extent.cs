using Cluster.Core.Machines;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Memory;

/// <summary>
/// A range of 262,144 bytes of a shared memory object, which is a System V segment or a POSIX object: reads, writes, and
/// atomic operations on words.
/// </summary>
/// <remarks>
/// What a caller sees. Every call is one indivisible step on this extent. A write or an atomic operation that was
/// answered is in the journal, and happened once. Words are linearizable: an operation that changes nothing (a load, a
/// compare-exchange that fails) is answered after a journal write too, so a stale twin of this entity, which the
/// cluster may have for a while after a network partition, cannot answer it. A plain read costs no write, and a stale
/// twin may answer it from an old state.
///
/// Its life. An extent has no journal until it is first written. Then it asks its object what it is, and the object
/// remembers it. An extent that is only read asks as well, reads as zeros, and leaves nothing behind. The object tells
/// it when to go. A volatile extent has no journal, and asks its object from time to time whether it is still needed.
///
/// The size of a POSIX object changes. The object tells the extents that it remembers, and waits until they have
/// confirmed. Such an extent stays when the object becomes shorter, and has no bytes then: a late copy of an answered write
/// must find its result here. An extent that the object does not remember keeps nothing: it asks anew for the reads that
/// have come since it asked last (Extent.Size.cs).
/// </remarks>
public sealed partial class Extent(EntityKey key) : Machine(key)
{
    /// <summary>How often a volatile extent asks whether its object exists, in ms.</summary>
    public const long CheckMs = 60_000;

    // How many processes' capabilities are cached, and how many exits are remembered before the extent has a journal.
    private const int CapabilitiesBound = 1_024;

    // ---- state ----

    private readonly Pages _pages = new();
    private ExtentCreated? _object; // what is known of it
    private Life _life = Life.Unborn;

    // Not journalled.
    private FewMap<long, (ulong Read, ulong Write, ulong Both)> _capabilities; // by pid, or by negative attachment
    private HeldInputs _held;       // while the object is asked
    private HeldInputs _asked;      // of a POSIX object: the calls that came before the request that is under way
    private HashSet<int>? _exited;  // processes that exited before the extent had a journal
    private Errno _unknownErrno;
    private bool _opensToWrite;     // what the request to the object asks
    private long _checkAtMs = long.MaxValue;

    // Only the size of a POSIX object changes.
    private bool IsResizable => Key.Kind == Kind.PosixExtent;

    private Errno AbsentErrno => IsResizable ? Errno.EBADF : Errno.EINVAL;

    private int Bytes => _object is null ? 0 : Extents.BytesOf(_object.Size, Extents.IndexOf(Key));

    public override bool IsVolatile => _object is { Volatile: true };

    public override long StateBytes => _pages.Bytes;

    public override bool IsFinished =>
        _life == Life.Unknown || (_life == Life.Removed && Ledger.UnacknowledgedCount == 0);

    public override bool MayPassivate => _life is Life.Unborn or Life.Blank || base.MayPassivate;

    public override long NextTickMs => Math.Min(_checkAtMs, base.NextTickMs);

    /// <summary>The present value of a word, for the checks of the simulation.</summary>
    internal ulong WordAt(int offset, int width) => _pages.ReadWord(offset, width);

    // ---- decide ----

    protected override void OnSubmit(Submit submit)
    {
        var isEmpty = submit.Calls.Count == 0 && submit.Cancels.Count == 0;
        var isServed = _life is Life.Alive or Life.Removed
            || (_life == Life.Blank && !_held.HasCalls && !Writes(submit));
        if (isServed) base.OnSubmit(submit);
        else if (_life == Life.Unknown) FailAll(submit, _unknownErrno);
        else if (!isEmpty) Hold(submit);
    }

    protected override void OnTurnAway(Submit submit)
    {
        if (_life is Life.Alive or Life.Removed) base.OnTurnAway(submit);
        else OnSubmit(submit); // nothing waits for a write yet
    }

    private void Hold(Submit submit)
    {
        if (_exited?.Contains(submit.Stamp.Pid) is true || !_held.TryAdd(submit)) return; // the caller sends again
        if (!Outbox.HasAny) Open(create: Writes(submit));
    }

    // A cancel may have to be remembered, and a load of a word is answered from the journal.
    private static bool Writes(Submit submit)
    {
        if (submit.Cancels.Count > 0) return true;
        foreach (var call in submit.Calls)
        {
            if (!CallTraits.ReadsOnly(call)) return true;
        }

        return false;
    }

    protected override void Execute(Stamp stamp, Call call)
    {
        switch (call.OpCase)
        {
            case var _ when _life == Life.Removed:
                FailUnrecorded(stamp.Pid, call.Seq, AbsentErrno);
                break;
            case Call.OpOneofCase.ShmRead:
                Read(stamp.Pid, call.Seq, call.ShmRead);
                break;
            case Call.OpOneofCase.ShmWrite:
                Write(stamp.Pid, call.Seq, call.ShmWrite);
                break;
            case Call.OpOneofCase.ShmAtomic:
                Operate(stamp.Pid, call.Seq, call.ShmAtomic);
                break;
            case Call.OpOneofCase.Futex:
                DecideFutex(stamp.Pid, call);
                break;
            default:
                FailUnrecorded(stamp.Pid, call.Seq, Errno.EINVAL);
                break;
        }
    }

    private void Read(int pid, ulong seq, ShmRead read)
    {
        var isPartial = read is { Partial: true, Offset: >= 0, Length: >= 0 };
        var length = isPartial ? Math.Clamp(Bytes - read.Offset, 0, read.Length) : read.Length;
        if (!May(pid, read.Attachment, read.Capability, reads: true, writes: false))
        {
            FailUnrecorded(pid, seq, Errno.EACCES);
        }
        else if (!isPartial && !Contains(read.Offset, length))
        {
            FailUnrecorded(pid, seq, Errno.EFAULT);
        }
        else
        {
            var bytes = new ShmBytes { Data = _pages.Read(read.Offset, length), Length = length };
            AnswerUnrecorded(pid, new Result { Seq = seq, ShmBytes = bytes });
        }
    }

    private void Write(int pid, ulong seq, ShmWrite write)
    {
        if (!May(pid, write.Attachment, write.Capability, reads: false, writes: true))
            FailUnrecorded(pid, seq, Errno.EACCES);
        else if (!Contains(write.Offset, write.Data.Length)) FailBeyond(pid, seq);
        else
        {
            Emit(new Event
            {
                ExtentWritten = new ExtentWritten { Pid = pid, Seq = seq, Offset = write.Offset, Data = write.Data },
            });
            Release(pid, seq);
        }
    }

    private void Operate(int pid, ulong seq, ShmAtomic call)
    {
        var isLoad = call.Operation == ShmAtomic.Types.Operation.Load;
        var isWord = call.Width is sizeof(uint) or sizeof(ulong) && call.Offset % call.Width == 0;
        if (!isWord || call.Operation > ShmAtomic.Types.Operation.Xor) FailUnrecorded(pid, seq, Errno.EINVAL);
        else if (!May(pid, call.Attachment, call.Capability, reads: true, writes: !isLoad))
            FailUnrecorded(pid, seq, Errno.EACCES);
        else if (!Contains(call.Offset, call.Width)) FailBeyond(pid, seq);
        else
        {
            var word = new ShmWord { Previous = _pages.ReadWord(call.Offset, call.Width) };
            if (isLoad)
            {
                Fence();
                AnswerUnrecorded(pid, new Result { Seq = seq, ShmWord = word });
            }
            else if (Next(word.Previous, call) is { } value)
            {
                Emit(new Event
                {
                    WordWritten = new WordWritten
                    {
                        Pid = pid, Seq = seq, Offset = call.Offset, Width = call.Width, Value = value,
                    },
                });
                Release(pid, seq);
            }
            else
            {
                AnswerRecorded(pid, new Result { Seq = seq, ShmWord = word }); // a late copy must not succeed
            }
        }
    }

    /// <summary>The word after the operation; null: a comparison failed, and the word stays.</summary>
    private static ulong? Next(ulong previous, ShmAtomic call)
    {
        var mask = call.Width == sizeof(uint) ? uint.MaxValue : ulong.MaxValue;
        var isConditional = call.Operation == ShmAtomic.Types.Operation.CompareExchange;
        if (isConditional && previous != (call.Expected & mask)) return null;
        var value = call.Operation switch
        {
            ShmAtomic.Types.Operation.Add => unchecked(previous + call.Operand),
            ShmAtomic.Types.Operation.And => previous & call.Operand,
            ShmAtomic.Types.Operation.Or => previous | call.Operand,
            ShmAtomic.Types.Operation.Xor => previous ^ call.Operand,
            _ => call.Operand,
        };
        return value & mask;
    }

    private bool May(int pid, long attachment, ulong shown, bool reads, bool writes)
    {
        // Attachments have negative numbers beside the pids.
        if (attachment < 0) return false;
        var holder = attachment == 0 ? pid : -attachment;
        if (!_capabilities.TryGetValue(holder, out var own))
        {
            if (_capabilities.Count >= CapabilitiesBound) _capabilities.Clear();
            own = CapabilitiesOf(pid, attachment);
            _capabilities.TryAdd(holder, own);
        }

        return shown == own.Both || (!writes && shown == own.Read) || (!reads && shown == own.Write);
    }

    // A handle that only writes does not exist, since a mapping can always be read.
    private (ulong Read, ulong Write, ulong Both) CapabilitiesOf(int pid, long attachment)
    {
        var secret = _object!.Secret;
        if (attachment == 0)
        {
            var both = Capability.Of(secret, pid, writes: true);
            return (Capability.Of(secret, pid, writes: false), Capability.ToWriteOnly(secret, pid), both);
        }

        var handle = Capability.HandleOf(secret, attachment, writes: true);
        return (Capability.HandleOf(secret, attachment, writes: false), handle, handle);
    }

    private bool Contains(int offset, int length) => offset >= 0 && length >= 0 && (long)offset + length <= Bytes;

    // ---- creation and removal ----

    private void Open(bool create)
    {
        _opensToWrite = create;
        if (IsResizable) TakeAsked();
        var open = new OpenExtent
        {
            Index = Extents.IndexOf(Key), Incarnation = Incarnation, Create = create, HasPast = HasPast,
        };
        Outbox.Add(new Request { To = Extents.OwnerOf(Key), OpenExtent = open });
        SendOutbox();
    }

    protected override void OnAnswer(Request request, Reply reply)
    {
        Outbox.Remove(request.To, request.BodyCase);
        if (_life is Life.Removed or Life.Unknown || (_life == Life.Alive && !IsVolatile)) return;
        if (IsResizable && _life == Life.Unborn && !_opensToWrite)
        {
            AnswerAsked(reply);
            return;
        }

        if (reply.ExtentOpened is not { } opened)
        {
            BecomeUnknown((Errno)reply.Errno);
            return;
        }

        if (opened.Volatile) _checkAtMs = NowMs + CheckMs;
        if (_life == Life.Alive) return;
        if (IsResizable || (_opensToWrite && _held.AnyCall(Writes)))
        {
            Begin(opened);
        }
        else if (!_held.AnyCall(Writes))
        {
            (_object, _life) = (ToObject(opened), Life.Blank);
        }
        else
        {
            Open(create: true); // a write has come since the request
            return;
        }

        RunHeld();
    }

    // From now on there is a journal.
    private void Begin(ExtentOpened opened)
    {
        Emit(new Event { ExtentCreated = ToObject(opened) });
        foreach (var pid in _exited ?? [])
            Emit(new Event { ExitRecorded = ExitOf(pid) });
        AnswerResizer();
    }

    private static ExtentCreated ToObject(ExtentOpened opened) => new()
    {
        Secret = opened.Secret, Size = opened.Size, Version = opened.Version, Volatile = opened.Volatile,
    };

    private void RunHeld()
    {
        foreach (var submit in _asked.TakeCalls()) OnSubmit(submit);
        foreach (var submit in _held.TakeCalls()) OnSubmit(submit);
    }

    private void BecomeUnknown(Errno errno)
    {
        FailAllWaiters(Errno.EIDRM); // of a volatile extent: others have no waiters yet
        _life = Life.Unknown;
        _unknownErrno = errno;
        _checkAtMs = long.MaxValue;
        AnswerResizer();
        RunHeld();
    }

    protected override void OnAsk(Request request, ulong token)
    {
        var exits = request.BodyCase == Request.BodyOneofCase.ProcessExited;
        if (exits && _life is Life.Unborn or Life.Blank or Life.Unknown)
        {
            // There is no journal for the exit yet. Calls of the process that have not run are dropped.
            var pid = request.ProcessExited.Pid;
            (_exited ??= []).Add(pid);
            _held.DropCallsOf(pid);
            _asked.DropCallsOf(pid);
            Answer(token, request, Errno.None);
            return;
        }

        base.OnAsk(request, token);
    }

    protected override void OnRequest(Request request, ulong token)
    {
        switch (request.BodyCase)
        {
            case Request.BodyOneofCase.TraceEntity:
                Answer(token, request, Errno.None); // the object decides who may trace
                break;
            case Request.BodyOneofCase.DestroyExtent:
                if (_life == Life.Alive) Remove();
                else if (_life is Life.Unborn or Life.Blank) BecomeUnknown(AbsentErrno);
                Answer(token, request, Errno.None);
                break;
            case Request.BodyOneofCase.ResizeExtent when IsResizable:
                Resize(request, token);
                break;
            default:
                base.OnRequest(request, token);
                break;
        }
    }

    private void Remove()
    {
        FailAllWaiters(Errno.EIDRM);
        Emit(new Event { ExtentRemoved = new ExtentRemoved() });
    }

    protected override void OnTick()
    {
        if (NowMs < _checkAtMs) return;
        _checkAtMs = NowMs + CheckMs;
        if (!Outbox.HasAny) Open(create: false);
    }
}
