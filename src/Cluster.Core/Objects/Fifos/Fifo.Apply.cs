using Cluster.Core.Machines;
using Cluster.Core.Memory;
using Cluster.Protocol;

namespace Cluster.Core.Objects.Fifos;

/// <content>How events change the FIFO, its snapshot, and its invariants.</content>
public sealed partial class Fifo
{
    // ---- apply ----

    protected override void ApplyNamed(Event fact)
    {
        if (fact.FactCase != Event.FactOneofCase.Fifo) throw UnknownFact(fact);
        Apply(fact.Fifo);
    }

    private void Apply(FifoFact fact)
    {
        switch (fact.FactCase)
        {
            case FifoFact.FactOneofCase.Created:
                var created = fact.Created;
                ApplyCreated(
                    created.Permissions, created.TimeMs, created.Volatile, created.Creator, created.CreatorSeq, created.Unnamed);
                break;
            case FifoFact.FactOneofCase.Opening:
                Add(new FifoOpener(fact.Opening, _nextTicket++));
                break;
            case FifoFact.FactOneofCase.Put:
                var put = fact.Put;
                _pipe.Write(put.Data.Span, put.Packet, isFirst: true);
                Complete(put.Pid, put.Seq, put.Data.Length);
                break;
            case FifoFact.FactOneofCase.Writing:
                Apply(fact.Writing);
                break;
            case FifoFact.FactOneofCase.Advanced:
                Advance(WriterOf(fact.Advanced.Pid, fact.Advanced.Seq), isFirst: false);
                break;
            case FifoFact.FactOneofCase.WriteEnded:
                Apply(fact.WriteEnded);
                break;
            case FifoFact.FactOneofCase.Taken:
                Apply(fact.Taken);
                break;
            case FifoFact.FactOneofCase.Reading:
                Add(new FifoReader(fact.Reading, _nextTicket++));
                break;
            case FifoFact.FactOneofCase.Resized:
                _pipe.Slots = fact.Resized.Slots;
                ApplyCompleted(
                    fact.Resized.Pid, new Result { Seq = fact.Resized.Seq, FifoStatus = ToStatus() });
                break;
            case FifoFact.FactOneofCase.Removed:
                _pipe.Clear();
                _unseen.Clear();
                (_readers, _writers) = (0, 0);
                ApplyNamedRemoved();
                break;
            default:
                throw new InvalidOperationException($"there is no fact {fact.FactCase} of a FIFO");
        }
    }

    private void Apply(FifoWriting writing)
    {
        var writer = new FifoWriter(writing, _nextTicket++, done: 0);
        Add(writer);
        if (!writing.Behind) Advance(writer, isFirst: true);
    }

    private void Advance(FifoWriter writer, bool isFirst)
    {
        var count = _pipe.Write(writer.Rest.Span, writer.IsPacket, isFirst);
        writer.Advance(count);
        _parkedBytes -= count;
        if (writer.Rest.Length == 0) Complete(writer.Pid, writer.Seq, writer.Done);
    }

    private void Apply(FifoWriteEnded ended)
    {
        var done = WriterOf(ended.Pid, ended.Seq).Done;
        if (done > 0) Complete(ended.Pid, ended.Seq, done);
        else ApplyCompleted(ended.Pid, new Result { Seq = ended.Seq, Errno = ended.Errno });
    }

    private void Complete(int pid, ulong seq, long bytes) =>
        ApplyCompleted(pid, new Result { Seq = seq, FifoWritten = new FifoWritten { Bytes = bytes } });

    private void Apply(FifoTaken taken)
    {
        var slots = _pipe.Read(taken.Size);
        var bytes = new FifoBytes { Data = SlotLine.Join(slots, slots.Sum(slot => (long)slot.Length)) };
        ApplyCompleted(taken.Pid, new Result { Seq = taken.Seq, FifoBytes = bytes }, slots.Count == 0 ? null : slots);
    }

    private FifoWriter WriterOf(int pid, ulong seq) => Waiters.TryGet(pid, seq, out var waiter)
        ? (FifoWriter)waiter
        : throw new InvalidOperationException($"call {pid}.{seq} does not wait to write");

    protected override void ApplyReturned(IReadOnlyList<object> carried)
    {
        if (Phase != Life.Alive) return;
        foreach (var slot in carried.Cast<List<PipeSlot>>().SelectMany(slots => slots))
        {
            if (slot.Position >= _emptied) _pipe.PutBack(slot);
        }
    }

    protected override void ApplyDescription(Description description, int change)
    {
        if (change > 0 && description.IsWritable) _unseen.Clear();
        if (description.IsReadable) CountReaders(change);
        if (description.IsWritable) CountWriters(change);
        if (change < 0) _unseen.Remove(description.Number);
        else if (description is { IsReadable: true, IsNonblocking: true } && _writers == 0) _unseen.Add(description.Number);
    }

    private void CountReaders(int change)
    {
        _readers += change;
        EmptyIfUnused();
    }

    private void CountWriters(int change)
    {
        _writers += change;
        EmptyIfUnused();
    }

    // "the kernel frees the pipe when nobody has it open": put_pipe_info of fs/pipe.c.
    private void EmptyIfUnused()
    {
        if (_readers > 0 || _writers > 0) return;
        _pipe.Clear();
        _pipe.Slots = PipeBuffer.UsualSlots;
        _emptied = _pipe.Written;
    }

    private void Add(FifoOpener opener)
    {
        Waiters.Add(opener);
        if (opener.Writes) _unseen.Clear();
        Count(opener, 1);
    }

    private void Count(FifoOpener opener, int change)
    {
        if (opener.Writes) CountWriters(change);
        else CountReaders(change);
    }

    private void Add(FifoWriter writer)
    {
        Waiters.Add(writer);
        _writeLine.Add(writer, 0);
        _parkedBytes += writer.Rest.Length;
    }

    private void Add(FifoReader reader)
    {
        Waiters.Add(reader);
        _readLine.Add(reader, 0);
    }

    protected override void ApplyWaiterRemoved(Waiter waiter)
    {
        if (waiter is FifoOpener opener) Count(opener, -1);
        if (waiter.InTree) LineOf(waiter).Remove(waiter);
        if (waiter is FifoWriter writer) _parkedBytes -= writer.Rest.Length;
    }

    // ---- snapshot ----

    protected override void SaveState(Snapshot snapshot)
    {
        var state = new FifoState
        {
            Created = new FifoCreated { Permissions = Permissions.Clone(), Volatile = IsVolatile },
            CtimeMs = CtimeMs,
            Removed = Phase == Life.Removed,
            Forgotten = IsForgotten,
            NextTicket = _nextTicket,
            Descriptions = SaveDescriptions(),
            Slots = _pipe.Slots,
            Written = _pipe.Written,
            Emptied = _emptied,
        };
        state.Content.AddRange(_pipe.Content.Select(slot => slot.ToState()));
        state.Openers.AddRange(Waiters.InLine<FifoOpener>()
            .Select(each => new StoredFifoOpener { Ticket = each.Ticket, Opening = each.ToState() }));
        state.WaitingWriters.AddRange(Waiters.InLine<FifoWriter>()
            .Select(each => new StoredFifoWriter { Ticket = each.Ticket, Writing = each.ToState(), Done = each.Done }));
        state.WaitingReaders.AddRange(Waiters.InLine<FifoReader>()
            .Select(each => new StoredFifoReader { Ticket = each.Ticket, Reading = each.ToState() }));
        foreach (var (pid, seq, slots) in AllCarried<List<PipeSlot>>())
        {
            var carried = new CarriedFifoRange { Pid = pid, Seq = seq };
            carried.Slots.AddRange(slots.Select(slot => slot.ToState()));
            state.Carried.Add(carried);
        }

        state.Unseen.AddRange(_unseen.Order());
        snapshot.Fifo = state;
    }

    protected override void LoadState(Snapshot snapshot)
    {
        var state = snapshot.Fifo;
        _pipe.Clear();
        _readLine.Clear();
        _writeLine.Clear();
        (_readers, _writers, _parkedBytes) = (0, 0, 0);
        LoadShared(state.Created.Permissions, state.CtimeMs, state.Created.Volatile, state.Removed, state.Forgotten);
        LoadDescriptions(state.Descriptions);
        foreach (var stored in state.Openers) Add(new FifoOpener(stored.Opening, stored.Ticket));
        foreach (var stored in state.WaitingWriters) Add(new FifoWriter(stored.Writing, stored.Ticket, stored.Done));
        foreach (var stored in state.WaitingReaders) Add(new FifoReader(stored.Reading, stored.Ticket));
        foreach (var carried in state.Carried)
            LoadCarried(carried.Pid, carried.Seq, carried.Slots.Select(PipeSlot.FromState).ToList());

        // Last: counting ends empties the pipe.
        (_nextTicket, _emptied, _pipe.Slots, _pipe.Written) = (state.NextTicket, state.Emptied, state.Slots, state.Written);
        foreach (var slot in state.Content) _pipe.Load(PipeSlot.FromState(slot));
        _unseen.Clear();
        _unseen.UnionWith(state.Unseen);
    }

    // ---- invariants ----

    public override void CheckInvariants()
    {
        CheckDescriptions();
        Require(_pipe.Bytes == _pipe.Content.Sum(slot => slot.Length), "bytes are counted");
        Require(_pipe.Content.All(slot => slot.Length > 0), "no slot is empty");
        var (readers, writers) = (Waiters.InLine<FifoReader>(), Waiters.InLine<FifoWriter>());
        Require(_readLine.Count == 0 || (_pipe.IsEmpty && _writers > 0), "no reader waits for what is there, or is over");
        Require(_writeLine.Count == 0 || (_pipe.IsFull && _readers > 0), "no writer waits while there is room");
        Require(
            readers.Concat<Waiter>(writers).All(each => each.InTree || each.Presence == Presence.PassedOver),
            "every caller has one place");
        Require(_parkedBytes == writers.Sum(writer => (long)writer.Rest.Length), "waiting bytes are counted");
        Require(_readers > 0 || _writers > 0 || _pipe.IsEmpty, "what nobody has open is empty");
        var last = -1L;
        foreach (var slot in _pipe.Content)
        {
            Require(slot.Position > last, "bytes stand in the order in which they have entered");
            last = slot.Position + slot.Length - 1;
        }
    }
}
