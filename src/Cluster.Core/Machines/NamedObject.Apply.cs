using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <content>How events change the descriptions, their snapshot, and their invariants.</content>
public abstract partial class NamedObject
{
    protected override Event Mark() =>
        new() { Description = new DescriptionFact { Unlinked = new UnlinkedFact() } };

    protected override Event BeginEnd() => new() { Description = new DescriptionFact { Ending = new EndingFact() } };

    protected sealed override void ApplyOwn(Event fact)
    {
        if (fact.FactCase == Event.FactOneofCase.Description) Apply(fact.Description);
        else ApplyNamed(fact);
    }

    /// <summary>Applies what all objects with names share of a creation.</summary>
    /// <param name="permissions">Of the new object.</param>
    /// <param name="timeMs">When it was made.</param>
    /// <param name="isVolatile">Whether it has no journal.</param>
    /// <param name="creator">The process whose first open the object waits for; 0: it waits for nobody.</param>
    /// <param name="seq">The call of the creator that made it.</param>
    /// <param name="isUnnamed">Whether it never has a name, so that it ends as an unlinked object does.</param>
    protected void ApplyCreated(
        Permissions permissions, long timeMs, bool isVolatile, int creator, ulong seq, bool isUnnamed = false)
    {
        ApplyCreated(permissions, timeMs, isVolatile);
        (_creator, _creatorSeq) = (creator, seq);
        _isUnlinked = isUnnamed;
    }

    /// <summary>Applies what all objects with names share of a removal.</summary>
    protected void ApplyNamedRemoved()
    {
        _isDestroyed = _descriptions.Count > 0;
        ApplyEnded();
        _descriptions.Clear();
        _holderCount = 0;
        _creator = 0;
        foreach (var share in _shares?.ToArray() ?? []) Settle(share, Errno.EIDRM);
    }

    private void Apply(DescriptionFact fact)
    {
        switch (fact.FactCase)
        {
            case DescriptionFact.FactOneofCase.Opened:
                Apply(fact.Opened);
                break;
            case DescriptionFact.FactOneofCase.Closed:
                Apply(fact.Closed);
                break;
            case DescriptionFact.FactOneofCase.FlagsSet:
                var set = fact.FlagsSet;
                if (_descriptions.TryGetValue(set.Number, out var description))
                    description.Flags = (description.Flags & FileFlags.O_ACCMODE) | set.Flags;
                ApplyCompleted(set.Pid, new Result { Seq = set.Seq });
                break;
            case DescriptionFact.FactOneofCase.Shared:
                Apply(fact.Shared);
                break;
            case DescriptionFact.FactOneofCase.Unlinked:
                _isUnlinked = true;
                break;
            case DescriptionFact.FactOneofCase.Ending:
                ApplyEnding();
                break;
            case DescriptionFact.FactOneofCase.HolderSettled:
                Apply(fact.HolderSettled);
                break;
            default:
                throw new InvalidOperationException($"there is no fact {fact.FactCase} of a description");
        }
    }

    private void Apply(OpenedFact opened)
    {
        var result = new DescriptionOpened();
        if (opened.Pair)
        {
            var (first, second) = EndsOf(opened.Flags);
            result.Number = Open(opened.Pid, first);
            result.PeerNumber = Open(opened.Pid, second);
        }
        else
        {
            result.Number = Open(opened.Pid, opened.Flags);
        }

        // A process that makes an object opens it with its next call on it.
        if (opened.Pid == _creator) _creator = 0;
        ApplyCompleted(opened.Pid, new Result { Seq = opened.Seq, DescriptionOpened = result });
    }

    private long Open(int pid, int flags)
    {
        var description = Add(flags);
        Hold(description, pid);
        return description.Number;
    }

    private Description Add(int flags)
    {
        var description = new Description(_nextNumber++, flags);
        _descriptions.TryAdd(description.Number, description);
        ApplyDescription(description, 1);
        return description;
    }

    private void Apply(ClosedFact closed)
    {
        if (_descriptions.TryGetValue(closed.Number, out var description)) Release(description, closed.Pid);
        if (closed.Last) ApplyLast(closed.Pid, closed.Seq);
        else ApplyCompleted(closed.Pid, new Result { Seq = closed.Seq });
    }

    private void Apply(SharedFact shared)
    {
        if (shared.Opens && shared.Number == _nextNumber) Add(FileFlags.O_RDWR);
        if (_descriptions.TryGetValue(shared.Number, out var description)) description.InFlight++;
        (_shares ??= []).Add(shared);
        Register(shared.Holder);
    }

    private void Apply(HolderFact holder)
    {
        Outbox.Remove(ProcessOf(holder.Pid), Request.BodyOneofCase.TouchEntities);
        foreach (var share in _shares?.Where(share => share.Holder == holder.Pid).ToArray() ?? [])
            Settle(share, (Errno)holder.Errno);
        if (holder.Pid != _creator) return;
        if (holder.Errno == 0) _isCreatorRegistered = true;
        else _creator = 0;
    }

    private void Settle(SharedFact share, Errno errno)
    {
        _shares!.Remove(share);
        if (_shares.Count == 0) _shares = null;
        if (_descriptions.TryGetValue(share.Number, out var description))
        {
            description.InFlight--;
            var isHeld = errno == Errno.None && !Ledger.HasExited(share.Holder);
            if (isHeld) Hold(description, share.Holder);
            if (share.Opens) ApplyHandedOver(share.Number, isHeld);
            EndIfUnused(description);
        }

        if (!share.Opens && !Ledger.HasExited(share.Pid)) ApplyCompleted(share.Pid, new Result { Seq = share.Seq, Errno = (int)errno });
    }

    protected override void ApplyExit(ExitRecorded exit)
    {
        base.ApplyExit(exit);
        if (exit.Pid == _creator) _creator = 0;
        foreach (var description in _descriptions.Values.ToArray()) Release(description, exit.Pid);
    }

    private void Hold(Description description, int pid)
    {
        if (description.Holders.Add(pid)) _holderCount++;
    }

    private void Release(Description description, int pid)
    {
        if (description.Holders.Remove(pid)) _holderCount--;
        EndIfUnused(description);
    }

    private void EndIfUnused(Description description)
    {
        if (description.Holders.Count > 0 || description.InFlight > 0) return;
        if (_descriptions.Remove(description.Number)) ApplyDescription(description, -1);
    }

    private void Register(int pid)
    {
        var touch = new TouchEntities { Keys = { Key }, ForHolder = true };
        Outbox.Add(new Request { To = ProcessOf(pid), TouchEntities = touch });
    }

    private static EntityKey ProcessOf(int pid) => new() { Kind = Kind.Process, Id = pid };

    // ---- snapshot ----

    /// <summary>The descriptions, for the kind's snapshot.</summary>
    protected DescriptionsState SaveDescriptions()
    {
        var state = new DescriptionsState
        {
            NextNumber = _nextNumber,
            Unlinked = _isUnlinked,
            Destroyed = _isDestroyed,
            Ending = IsEnding,
            EndingPid = EndingPid,
            EndingSeq = EndingPid == 0 ? 0 : EndingSeq,
            Creator = _creator,
            CreatorSeq = _creator == 0 ? 0 : _creatorSeq,
            CreatorRegistered = _creator != 0 && _isCreatorRegistered,
        };
        state.Descriptions.AddRange(
            _descriptions.Values.OrderBy(each => each.Number).Select(each => each.ToState()));
        if (_shares is not null) state.Shares.AddRange(_shares.Select(share => share.Clone()));
        return state;
    }

    /// <summary>Loads the descriptions of a snapshot, after the part that all objects share.</summary>
    protected void LoadDescriptions(DescriptionsState state)
    {
        _descriptions.Clear();
        _shares = null;
        _polls = null;
        _holderCount = 0;
        (_nextNumber, _isUnlinked, _isDestroyed) = (state.NextNumber, state.Unlinked, state.Destroyed);
        (_creator, _creatorSeq, _isCreatorRegistered) = (state.Creator, state.CreatorSeq, state.CreatorRegistered);
        foreach (var stored in state.Descriptions)
        {
            var description = new Description(stored.Number, stored.Flags);
            _descriptions.TryAdd(stored.Number, description);
            ApplyDescription(description, 1);
            foreach (var pid in stored.Holders) Hold(description, pid);
        }

        foreach (var share in state.Shares) Apply(share.Clone());
        LoadEnd(state.Ending, state.EndingPid, state.EndingSeq);
    }

    // ---- invariants ----

    /// <summary>Checks what holds of every object with descriptions.</summary>
    protected void CheckDescriptions()
    {
        Require(_descriptions.Values.All(each => each.Number < _nextNumber), "descriptions are numbered");
        Require(
            _descriptions.Values.All(each => each.Holders.Count > 0 || each.InFlight > 0),
            "a description that nobody holds ends");
        Require(
            _descriptions.Values.Sum(each => each.InFlight) == (_shares?.Count ?? 0), "descriptions in flight are counted");
        Require(
            _descriptions.Values.Sum(each => each.Holders.Count) == _holderCount, "holders are counted");
        Require(
            !_descriptions.Values.Any(each => each.Holders.Any(Ledger.HasExited)), "an exited process holds nothing");
        Require(!IsEnding || (_isUnlinked && !IsHeld), "only an unlinked object ends, when nobody holds it");
        Require(Phase != Life.Alive || !_isUnlinked || IsHeld || IsEnding, "an unlinked object is held, or ends");
        Require(Phase != Life.Removed || _descriptions.Count == 0, "a removed object has no description");
    }
}
