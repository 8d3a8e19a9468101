using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Memory;

/// <content>The changing size of a POSIX object.</content>
public sealed partial class Extent
{
    // What the object has asked for while this extent does not know what it is. Not journalled: the object asks again.
    private (Request Request, ulong Token)? _resizer;

    /// <summary>
    /// The object has another size. It hears so only from an extent with a journal: a stale twin that has none yet could not
    /// be told from the present one.
    /// </summary>
    private void Resize(Request request, ulong token)
    {
        if (_life is Life.Unborn or Life.Blank)
        {
            _resizer = (request, token);
            if (!Outbox.HasAny) Open(create: true);
            return;
        }

        var resize = request.ResizeExtent;
        if (_life == Life.Alive && resize.Version > _object!.Version)
        {
            var resized = new ExtentResized { Size = resize.Size, Version = resize.Version };
            Emit(new Event { PosixSharedMemory = new PosixSharedMemoryFact { ExtentResized = resized } });
        }

        Answer(token, request, Errno.None);
    }

    private void AnswerResizer()
    {
        if (_resizer is not { } resizer) return;
        _resizer = null;
        Resize(resizer.Request, resizer.Token);
    }

    // An answer of the object counts for the calls that came before the request. Later ones may have begun when the object
    // had another size already.
    private void TakeAsked()
    {
        foreach (var submit in _held.TakeCalls()) _asked.TryAdd(submit);
    }

    /// <summary>Answers reads, and knows nothing of the object afterwards.</summary>
    private void AnswerAsked(Reply reply)
    {
        var asked = _asked.TakeCalls();
        if (reply.ExtentOpened is { } opened)
        {
            (_object, _life) = (ToObject(opened), Life.Blank);
            foreach (var submit in asked) base.OnSubmit(submit);
            (_object, _life) = (null, Life.Unborn);
        }
        else
        {
            foreach (var submit in asked) FailAll(submit, (Errno)reply.Errno);
            if ((Errno)reply.Errno != Errno.EFAULT)
            {
                BecomeUnknown((Errno)reply.Errno);
                return;
            }
        }

        var writes = _resizer is not null || _held.AnyCall(Writes);
        if (writes || _held.HasCalls) Open(create: writes);
    }

    // What lies beyond the end now may lie within the object later: then a late copy of the call must not run.
    private void FailBeyond(int pid, ulong seq)
    {
        if (IsResizable) FailRecorded(pid, seq, Errno.EFAULT);
        else FailUnrecorded(pid, seq, Errno.EFAULT);
    }

    private void Apply(PosixSharedMemoryFact fact)
    {
        if (fact.FactCase != PosixSharedMemoryFact.FactOneofCase.ExtentResized)
            throw new InvalidOperationException($"there is no fact {fact.FactCase} of an extent");
        var (before, resized) = (_object!, fact.ExtentResized);
        _object = new ExtentCreated
        {
            Secret = before.Secret, Volatile = before.Volatile, Size = resized.Size, Version = resized.Version,
        };
        _pages.Cut(Bytes);
    }
}
