using Cluster.Core.Machines;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Objects.SharedMemory;

/// <summary>
/// A range of 262,144 bytes of a shared memory segment: reads, writes, and atomic operations on words.
/// </summary>
/// <remarks>
/// What a caller sees. Every call is one indivisible step on this extent. A write or an atomic operation that was
/// answered is in the journal, and happened once. Words are linearizable: an operation that changes none (a load, a
/// compare-exchange that fails) is answered after a write to the journal too, so a stale twin of this entity, of which
/// the cluster may have two for a while after a network partition, cannot answer it. A plain read is not: it costs no
/// write, and a stale twin may answer it with what it knows.
///
/// Its life. It has no journal until it is first written: then it asks its segment who it is, and is known there. One
/// that is only read asks as well, reads as zeros, and leaves nothing behind. The segment tells it to go.
///
/// A volatile one has no journal, and asks its segment now and then whether it is still needed.
/// </remarks>
public sealed partial class Extent(EntityKey key) : Machine(key)
{
    /// <summary>Calls that may wait for the segment's answer.</summary>
    public const int HeldBound = 4_096;

    /// <summary>How often a volatile extent asks whether its segment still exists, in ms.</summary>
    public const long CheckMs = 60_000;

    private const int CapabilitiesBound = 1_024;

    private enum Life
    {
        /// <summary>It knows nothing.</summary>
        Unborn,

        /// <summary>It knows its segment, and was never written.</summary>
        Blank,

        /// <summary>It was written.</summary>
        Alive,

        /// <summary>The segment is gone; it only answers what it has answered before.</summary>
        Removed,

        /// <summary>There is no such segment: nothing to keep.</summary>
        Unknown,
    }

    // ---- state ----

    private readonly Pages _pages = new();
    private ExtentCreated? _segment;
    private Life _life = Life.Unborn;

    // Not journalled.
    private FewMap<int, (ulong Read, ulong Write)> _capabilities;
    private List<Submit>? _held; // none: null
    private HashSet<int>? _exited;
    private Errno _unknownErrno;
    private bool _opensToWrite; // what is asked of the segment now
    private long _checkAtMs = long.MaxValue;

    private int Bytes => _segment is null ? 0 : Extents.BytesOf(_segment.Size, Extents.IndexOf(Key));

    /// <inheritdoc/>
    public override bool IsVolatile => _segment is { Volatile: true };

    /// <inheritdoc/>
    public override long StateBytes => _pages.Bytes;

    /// <inheritdoc/>
    public override bool IsFinished =>
        _life == Life.Unknown || (_life == Life.Removed && Ledger.UnacknowledgedCount == 0);

    /// <inheritdoc/>
    public override bool MayPassivate => _life is Life.Unborn or Life.Blank || base.MayPassivate;

    /// <inheritdoc/>
    public override long NextTickMs => _checkAtMs;

    /// <summary>A word as it is now, for the simulation's checks.</summary>
    internal ulong WordAt(int offset, int width) => _pages.ReadWord(offset, width);

    // ---- decide ----

    /// <inheritdoc/>
    public override void Submit(Submit submit, long nowMs)
    {
        var isEmpty = submit.Calls.Count == 0 && submit.Cancels.Count == 0;
        var isServed = _life is Life.Alive or Life.Removed
            || (_life == Life.Blank && _held is null && !Writes(submit));
        if (isServed) base.Submit(submit, nowMs);
        else if (_life == Life.Unknown) RefuseAll(submit);
        else if (!isEmpty) Hold(submit);
    }

    /// <inheritdoc/>
    public override void TurnAway(Submit submit, long nowMs)
    {
        if (_life is Life.Alive or Life.Removed) base.TurnAway(submit, nowMs);
        else Submit(submit, nowMs); // nothing waits to be written yet
    }

    private void Hold(Submit submit)
    {
        if (_held?.Count >= HeldBound || _exited?.Contains(submit.Stamp.Pid) is true) return; // the caller sends again
        (_held ??= []).Add(submit);
        if (!Outbox.HasAny) Open(create: Writes(submit));
    }

    // A cancellation may have to be remembered, and even a load is answered from the journal.
    private static bool Writes(Submit submit)
    {
        if (submit.Cancels.Count > 0) return true;
        foreach (var call in submit.Calls)
        {
            if (call.OpCase is Call.OpOneofCase.ShmWrite or Call.OpOneofCase.ShmAtomic) return true;
        }

        return false;
    }

    private void RefuseAll(Submit submit)
    {
        foreach (var seq in submit.Calls.Select(call => call.Seq).Concat(submit.Cancels).Distinct())
            Refuse(submit.Stamp.Pid, seq, _unknownErrno);
    }

    /// <inheritdoc/>
    protected override void Execute(Stamp stamp, Call call)
    {
        if (_life == Life.Removed)
        {
            Refuse(stamp.Pid, call.Seq, Errno.EINVAL);
            return;
        }

        switch (call.OpCase)
        {
            case Call.OpOneofCase.ShmRead:
                Read(stamp.Pid, call.Seq, call.ShmRead);
                break;
            case Call.OpOneofCase.ShmWrite:
                Write(stamp.Pid, call.Seq, call.ShmWrite);
                break;
            case Call.OpOneofCase.ShmAtomic:
                Operate(stamp.Pid, call.Seq, call.ShmAtomic);
                break;
            default:
                Refuse(stamp.Pid, call.Seq, Errno.EINVAL);
                break;
        }
    }

    private void Read(int pid, ulong seq, ShmRead read)
    {
        if (!May(pid, read.Capability, writes: false)) Refuse(pid, seq, Errno.EACCES);
        else if (!Holds(read.Offset, read.Length)) Refuse(pid, seq, Errno.EFAULT);
        else
        {
            var bytes = new ShmBytes { Data = _pages.Read(read.Offset, read.Length), Length = read.Length };
            Respond(pid, new Result { Seq = seq, ShmBytes = bytes });
        }
    }

    private void Write(int pid, ulong seq, ShmWrite write)
    {
        if (!May(pid, write.Capability, writes: true)) Refuse(pid, seq, Errno.EACCES);
        else if (!Holds(write.Offset, write.Data.Length)) Refuse(pid, seq, Errno.EFAULT);
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
        if (!isWord || call.Operation > ShmAtomic.Types.Operation.Xor) Refuse(pid, seq, Errno.EINVAL);
        else if (!May(pid, call.Capability, writes: !isLoad)) Refuse(pid, seq, Errno.EACCES);
        else if (!Holds(call.Offset, call.Width)) Refuse(pid, seq, Errno.EFAULT);
        else
        {
            var word = new ShmWord { Previous = _pages.ReadWord(call.Offset, call.Width) };
            if (isLoad)
            {
                Fence();
                Respond(pid, new Result { Seq = seq, ShmWord = word });
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
                Complete(pid, new Result { Seq = seq, ShmWord = word }); // it must not succeed when it comes again
            }
        }
    }

    /// <summary>The word after the operation; null: as before, since it is not what was expected.</summary>
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

    private bool May(int pid, ulong capability, bool writes)
    {
        if (!_capabilities.TryGetValue(pid, out var own))
        {
            if (_capabilities.Count >= CapabilitiesBound) _capabilities.Clear();
            var secret = _segment!.Secret;
            own = (Capability.Of(secret, pid, writes: false), Capability.Of(secret, pid, writes: true));
            _capabilities.TryAdd(pid, own);
        }

        return capability == own.Write || (!writes && capability == own.Read);
    }

    private bool Holds(int offset, int length) => offset >= 0 && length >= 0 && (long)offset + length <= Bytes;

    // ---- birth and end ----

    private void Open(bool create)
    {
        _opensToWrite = create;
        var open = new OpenExtent { Index = Extents.IndexOf(Key), Incarnation = Incarnation, Create = create };
        Outbox.Add(new Request { To = Extents.SegmentOf(Key), OpenExtent = open });
        PumpOutbox();
    }

    /// <inheritdoc/>
    protected override void OnAnswer(Reply reply)
    {
        Outbox.Remove(reply.From);
        if (_life is Life.Removed or Life.Unknown || (_life == Life.Alive && !IsVolatile)) return;
        if (reply.ExtentOpened is not { } opened)
        {
            BecomeUnknown((Errno)reply.Errno);
            return;
        }

        if (opened.Volatile) _checkAtMs = NowMs + CheckMs;
        if (_life == Life.Alive) return;
        var segment = new ExtentCreated { Secret = opened.Secret, Size = opened.Size, Volatile = opened.Volatile };
        if (_held?.Exists(Writes) is not true)
        {
            (_segment, _life) = (segment, Life.Blank);
        }
        else if (_opensToWrite)
        {
            Emit(new Event { ExtentCreated = segment });
            foreach (var pid in _exited ?? [])
                Emit(new Event { ProcessForgotten = new ProcessForgotten { Pid = pid, TimeMs = NowMs } });
        }
        else
        {
            Open(create: true); // somebody wants to write since
            return;
        }

        RunHeld();
    }

    private void RunHeld()
    {
        var held = _held ?? [];
        _held = null;
        foreach (var submit in held) Submit(submit, NowMs);
    }

    private void BecomeUnknown(Errno errno)
    {
        _life = Life.Unknown;
        _unknownErrno = errno;
        _checkAtMs = long.MaxValue;
        RunHeld();
    }

    /// <inheritdoc/>
    public override void Ask(Request request, ulong token, long nowMs)
    {
        var exits = request.BodyCase == Request.BodyOneofCase.ProcessExited;
        if (exits && _life is Life.Unborn or Life.Blank or Life.Unknown)
        {
            // There is nothing to journal it in; what the process had sent and nobody has run yet is dropped.
            var pid = request.ProcessExited.Pid;
            (_exited ??= []).Add(pid);
            _held?.RemoveAll(held => held.Stamp.Pid == pid);
            if (_held?.Count == 0) _held = null;
            Answer(token, request, Errno.None);
            return;
        }

        base.Ask(request, token, nowMs);
    }

    /// <inheritdoc/>
    protected override void OnRequest(Request request, ulong token)
    {
        switch (request.BodyCase)
        {
            case Request.BodyOneofCase.TraceEntity:
                Answer(token, request, Errno.None); // who may is the segment's to say
                break;
            case Request.BodyOneofCase.DestroyExtent:
                if (_life == Life.Alive) Emit(new Event { ExtentRemoved = new ExtentRemoved() });
                else if (_life is Life.Unborn or Life.Blank) BecomeUnknown(Errno.EINVAL);
                Answer(token, request, Errno.None);
                break;
            default:
                base.OnRequest(request, token);
                break;
        }
    }

    /// <inheritdoc/>
    protected override void OnTick()
    {
        if (NowMs < _checkAtMs) return;
        _checkAtMs = NowMs + CheckMs;
        if (!Outbox.HasAny) Open(create: false);
    }
}
