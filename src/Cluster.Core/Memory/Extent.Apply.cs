using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Memory;

/// <content>How events change the extent, its snapshot, and its invariants.</content>
public sealed partial class Extent
{
    // ---- apply ----

    protected override void ApplyFact(Event fact)
    {
        switch (fact.FactCase)
        {
            case Event.FactOneofCase.ExtentCreated:
                (_object, _life) = (fact.ExtentCreated, Life.Alive);
                break;
            case Event.FactOneofCase.ExtentWritten:
                var written = fact.ExtentWritten;
                _pages.Write(written.Offset, written.Data.Span);
                ApplyCompleted(written.Pid, new Result { Seq = written.Seq });
                break;
            case Event.FactOneofCase.WordWritten:
                Apply(fact.WordWritten);
                break;
            case Event.FactOneofCase.PosixSharedMemory:
                Apply(fact.PosixSharedMemory);
                break;
            case Event.FactOneofCase.Futex:
                Apply(fact.Futex);
                break;
            case Event.FactOneofCase.ExtentRemoved:
                _futexes.Clear();
                _pages.Clear();
                _life = Life.Removed;
                _checkAtMs = long.MaxValue;
                break;
            default:
                throw UnknownFact(fact);
        }
    }

    private void Apply(WordWritten written)
    {
        var word = new ShmWord { Previous = _pages.ReadWord(written.Offset, written.Width) };
        _pages.WriteWord(written.Offset, written.Width, written.Value);
        ApplyCompleted(written.Pid, new Result { Seq = written.Seq, ShmWord = word });
    }

    // ---- snapshot ----

    protected override void SaveState(Snapshot snapshot)
    {
        var state = new ExtentState { Created = _object?.Clone(), Removed = _life == Life.Removed };
        _pages.SaveTo(state);
        state.Futexes = SaveFutexes();
        snapshot.Extent = state;
    }

    protected override void LoadState(Snapshot snapshot)
    {
        var state = snapshot.Extent;
        _object = state.Created;
        _life = state.Removed ? Life.Removed : Life.Alive;
        _pages.LoadFrom(state);
        LoadFutexes(state.Futexes);
    }

    // ---- invariants ----

    public override void CheckInvariants()
    {
        Require(
            _life is not (Life.Blank or Life.Alive or Life.Removed) || _object is not null, "the extent knows its object");
        Require(_life != Life.Alive || IsResizable || Bytes > 0, "the extent lies within its segment");
        Require(_life != Life.Alive || _pages.IsCutAt(Bytes), "there is nothing beyond the end of the object");
        Require(_life != Life.Blank || !IsResizable, "an extent that the object does not remember knows no size");
        Require(
            _life is not (Life.Unborn or Life.Blank) || Ledger.UnacknowledgedCount == 0,
            "an extent without a journal keeps no results");
        Require(
            (!_held.HasCalls && !_asked.HasCalls && _resizer is null) || Outbox.HasAny,
            "calls are held only while the object is asked");
        CheckFutexes();
    }
}
