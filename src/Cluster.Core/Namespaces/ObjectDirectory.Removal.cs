using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Namespaces;

/// <content>How objects begin and end with the directory: claims, removals, and the end of the directory itself.</content>
public sealed partial class ObjectDirectory
{
    // ---- removal ----

    private void Remove(Stamp stamp, Call call, Remove remove)
    {
        var id = remove.Id;
        if (kind.IsNamed && kind.WhyNotName(remove.Name, unlinks: true) is var errno and not Errno.None)
        {
            FailUnrecorded(stamp.Pid, call.Seq, errno);
            return;
        }

        if (kind.IsNamed && !_byName.TryGetValue(kind.Normalize(remove.Name), out id))
        {
            // ENOENT: "There is no message queue with the given name."
            FailRecorded(stamp.Pid, call.Seq, Errno.ENOENT);
            return;
        }

        if (_removals.TryGetValue(id, out var removal))
        {
            if (removal.Pid != stamp.Pid || removal.Seq != call.Seq) Hold(id, stamp, call);
        }
        else if (!_entries.ContainsKey(id))
        {
            FailRecorded(stamp.Pid, call.Seq, _lost.Contains(id) ? Errno.EIDRM : Errno.EINVAL);
        }
        else
        {
            StartRemoval(stamp.Pid, call.Seq, id, stamp.Credentials);
        }
    }

    private void StartRemoval(int pid, ulong seq, int id, Credentials? credentials)
    {
        Emit(new Event
        {
            RemovalStarted = new RemovalStarted { Pid = pid, Seq = seq, Id = id, Credentials = credentials },
        });
        SendOutbox();
    }

    // An object without a name waits for its creator's first call. If that never came, nobody else tells the object.
    protected override void OnExited(int pid)
    {
        if (!_unnamed.TryGetValue(pid, out var ids)) return;
        foreach (var id in ids.Where(id => !_removals.ContainsKey(id)).ToArray()) StartRemoval(0, 0, id, new Credentials());
    }

    protected override void OnRequest(Request request, ulong token)
    {
        switch (request.BodyCase)
        {
            case Request.BodyOneofCase.Claim:
                Claim(request, token);
                break;
            case Request.BodyOneofCase.EndObject:
                End(request, token);
                break;
            case Request.BodyOneofCase.DestroyDirectory:
                if (!_destroyed) Destroy();
                if (IsEmpty) Answer(token, request, Errno.None);
                else if (_destroyers.Count < DestroyersBound) _destroyers.Add((request, token));
                break;
            default:
                base.OnRequest(request, token);
                break;
        }
    }

    private void Claim(Request request, ulong token)
    {
        var claim = request.Claim;
        if (!_entries.TryGetValue(claim.Id, out var entry))
        {
            var isLost = _lost.Contains(claim.Id) || (kind.IsNamed && _destroyed);
            var errno = isLost ? Errno.EIDRM : Errno.EINVAL;
            if (TryAwaitRelease(claim.Id, request, token, errno)) return;
            if (!isLost || _destroyed) Fence();
            Answer(token, request, errno);
        }
        else if (!entry.Volatile || entry.ClaimedBy == claim.Incarnation)
        {
            if (claim.HasPast) Fence(); // the object may have been forgotten, and this life may not know
            Answer(token, request, Errno.None, reply => reply.Claimed = new Claimed { Entry = entry.Clone() });
        }
        else if (entry.ClaimedBy == 0)
        {
            Emit(new Event { ObjectClaimed = new ObjectClaimed { Id = claim.Id, Incarnation = claim.Incarnation } });
            Answer(token, request, Errno.None, reply => reply.Claimed = new Claimed { Entry = entry.Clone() });
        }
        else
        {
            var removal = _removals.GetValueOrDefault(claim.Id);
            Emit(new Event { ObjectLost = new ObjectLost { Id = claim.Id } });
            if (!TryAwaitRelease(claim.Id, request, token, Errno.EIDRM)) Answer(token, request, Errno.EIDRM);
            if (removal is not null) ReleaseRemoval(removal);
            RunHeld(claim.Id);
            AnswerDestroyers();
        }
    }

    /// <summary>Drops an object that lingered after IPC_RMID and has ended by itself.</summary>
    private void End(Request request, ulong token)
    {
        var id = request.EndObject.Id;
        if (_entries.ContainsKey(id))
        {
            var removal = _removals.GetValueOrDefault(id);
            Emit(new Event { ObjectEnded = new ObjectEnded { Id = id } });
            if (removal is not null) ReleaseRemoval(removal);
            RunHeld(id);
            SendOutbox();
        }

        else if (!_forgetting.Contains(id) && !_releasing.ContainsKey(id))
        {
            Fence();
            Answer(token, request, Errno.ENOENT);
            return;
        }

        // The object is told when the charge is released: its last close waits for that.
        if (!TryAwaitRelease(id, request, token, Errno.None)) Answer(token, request, Errno.None);
    }

    private void Destroy()
    {
        Emit(new Event { DirectoryDestroyed = new DirectoryDestroyed() });
        foreach (var id in _ids.ToArray())
        {
            // A removal under way may fail for lack of permission. The destruction needs none and replaces it.
            if (_removals.ContainsKey(id)) Outbox.Add(Ask(id, null));
            else StartRemoval(0, 0, id, null);
        }

        SendOutbox();
    }

    protected override void OnAnswer(Request request, Reply reply)
    {
        if (request.BodyCase == Request.BodyOneofCase.ChargeAccount)
        {
            OnCharged(request, reply);
            return;
        }

        var id = (int)reply.From.Id;
        Outbox.Remove(request.To, request.BodyCase);
        var isRemoval = request.BodyCase == Request.BodyOneofCase.DestroyObject;
        if (isRemoval && _removals.TryGetValue(id, out var removal))
        {
            var lingers = reply.Lingering is not null;
            Emit(new Event { RemovalEnded = new RemovalEnded { Id = id, Errno = reply.Errno, Lingers = lingers } });
            ReleaseRemoval(removal);
            // The caller of IPC_RMID may not remove the object. The destruction of the directory may.
            if (_destroyed && _entries.ContainsKey(id)) StartRemoval(0, 0, id, null);
            RunHeld(id);
        }
        else if (!isRemoval && _forgetting.Contains(id))
        {
            Emit(new Event { ObjectForgotten = new ObjectForgotten { Id = id } });
        }

        SendOutbox();
        AnswerDestroyers();
    }

    private void ReleaseRemoval(RemovalStarted removal)
    {
        if (removal.Pid != 0 && !Ledger.HasExited(removal.Pid)) Release(removal.Pid, removal.Seq);
    }

    private void AnswerDestroyers()
    {
        if (!_destroyed || !IsEmpty) return;
        foreach (var (request, token) in _destroyers) Answer(token, request, Errno.None);
        _destroyers.Clear();
    }

    /// <summary>Runs the calls that were held until the removal of an object was decided.</summary>
    private void RunHeld(long id)
    {
        var ready = _held.Where(held => held.Id == id).ToArray();
        _held.RemoveAll(held => held.Id == id);
        foreach (var (_, stamp, call) in ready)
        {
            var isOver = Ledger.HasExited(stamp.Pid) || Ledger.IsAcknowledged(stamp.Pid, call.Seq)
                || Ledger.TryGet(stamp.Pid, call.Seq, out _);
            if (!isOver) Execute(stamp, call);
        }
    }

    protected override bool IsUnderWay(int pid, ulong seq) =>
        _removals.Values.Any(removal => removal.Pid == pid && removal.Seq == seq) || IsChargeUnderWay(pid, seq);

    private bool IsEmpty => _entries.Count == 0 && _forgetting.Count == 0 && !HasChargesUnderWay;

    private void Hold(long id, Stamp stamp, Call call)
    {
        if (_held.Count >= HeldBound) return; // the caller sends the call again
        if (!_held.Any(held => held.Stamp.Pid == stamp.Pid && held.Call.Seq == call.Seq)) _held.Add((id, stamp, call));
    }

    private Request Ask(int id, Credentials? credentials) => new()
    {
        To = KeyOf(id), DestroyObject = new DestroyObject { Credentials = credentials },
    };

    private EntityKey KeyOf(int id) => new() { Kind = kind.Kind, Namespace = Key.Namespace, Id = id };
}
