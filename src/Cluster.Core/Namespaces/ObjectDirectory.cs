using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Namespaces;

/// <summary>
/// The directory of one kind of object in one namespace: key -> id, id allocation, the limit on their number. It
/// decides every creation and every removal, so two msgget(IPC_CREAT | IPC_EXCL) on one key never both win.
/// </summary>
/// <remarks>
/// Creation is one event here and nothing else: the object itself asks for its entry (<see cref="Claim"/>) when it is
/// first called. Removal is journalled as an intent, the object is asked until it answers (it knows who may), and then
/// told to forget itself until it confirms. Calls on a key that is being removed are held until that is decided.
///
/// Ids are Linux's (ipc/util.c, ipc_idr_alloc): id = sequence * 32,768 + index, the lowest free index, and a new
/// sequence whenever the index did not grow. With msgmni above 32,768 an id has 24 bits of index and indexes are given
/// out in turn, as with the kernel's ipcmni_extend.
/// </remarks>
public sealed partial class ObjectDirectory(EntityKey key) : Machine(key)
{
    private const int IndexBits = 15;
    private const int ExtendedIndexBits = 24;

    /// <summary>Ids of lost volatile objects that are remembered, to answer EIDRM and not EINVAL.</summary>
    private const int LostBound = 10_000;

    /// <summary>Calls that may be held while a removal is decided.</summary>
    private const int HeldBound = 4_096;

    // ---- state ----

    private readonly Dictionary<int, DirectoryEntry> _entries = [];
    private readonly SortedSet<int> _ids = [];
    private readonly Dictionary<int, int> _byKey = [];
    private readonly Dictionary<int, int> _byIndex = [];
    private readonly SortedSet<int> _freeIndexes = [];
    private readonly Dictionary<int, RemovalStarted> _removals = [];
    private readonly SortedSet<int> _forgetting = [];
    private readonly HashSet<int> _lost = [];
    private readonly Queue<int> _lostOrder = [];
    private readonly SortedSet<int> _usedIndexes = [];
    private int _nextFresh;      // indexes from here on were never used
    private int _sequence;
    private int _lastIndex = -1;
    private ulong _units;        // semaphores or pages of all objects
    private bool _destroyed;

    private readonly ObjectRules _rules = ObjectRules.Of((Kind)key.Id);
    private readonly List<(int Id, Stamp Stamp, Call Call)> _held = [];
    private readonly List<(Request Request, ulong Token)> _destroyers = [];

    private Kind ObjectKind => (Kind)Key.Id;

    // ---- decide ----

    /// <inheritdoc/>
    protected override void Execute(Stamp stamp, Call call)
    {
        var (pid, seq) = (stamp.Pid, call.Seq);
        if (_destroyed)
        {
            Refuse(pid, seq, Errno.EIDRM);
            return;
        }

        switch (call.OpCase)
        {
            case Call.OpOneofCase.Get:
                Get(stamp, call, call.Get);
                break;
            case Call.OpOneofCase.List:
                Respond(pid, new Result { Seq = seq, Listing = Page(call.List) });
                break;
            case Call.OpOneofCase.Resolve:
                if (_byIndex.TryGetValue(call.Resolve.Index, out var id))
                    Respond(pid, new Result { Seq = seq, Id = id });
                else
                    Refuse(pid, seq, Errno.EINVAL);
                break;
            case Call.OpOneofCase.Remove:
                Remove(stamp, call, call.Remove);
                break;
            case Call.OpOneofCase.DirectoryStat:
                var highest = _usedIndexes.Count == 0 ? -1 : _usedIndexes.Max;
                var status =
                    new DirectoryStatus { Objects = _entries.Count, HighestIndex = highest, Units = (long)_units };
                Respond(pid, new Result { Seq = seq, DirectoryStatus = status });
                break;
            default:
                Refuse(pid, seq, Errno.EINVAL);
                break;
        }
    }

    private void Get(Stamp stamp, Call call, Get get)
    {
        var (pid, seq) = (stamp.Pid, call.Seq);
        var create = (get.Flags & IpcFlags.IPC_CREAT) != 0;
        if (!_rules.IsSize(get.Size, stamp.Limits))
        {
            Refuse(pid, seq, Errno.EINVAL);
            return;
        }

        if (get.Key != IpcFlags.IPC_PRIVATE)
        {
            if (_byKey.TryGetValue(get.Key, out var id))
            {
                if (_removals.ContainsKey(id)) Hold(id, stamp, call);
                else if (create && (get.Flags & IpcFlags.IPC_EXCL) != 0) Fail(pid, seq, Errno.EEXIST);
                else if (_rules.IsSized && (ulong)get.Size > _entries[id].InitialSize) Fail(pid, seq, Errno.EINVAL);
                else Complete(pid, new Result { Seq = seq, Got = new Got { Id = id, Existed = true } });
                return;
            }

            if (!create)
            {
                Refuse(pid, seq, Errno.ENOENT);
                return;
            }
        }

        if (!_rules.IsNewSize(get.Size, stamp.Limits)) Fail(pid, seq, Errno.EINVAL);
        else if (!HasRoom(get.Size, stamp.Limits)) Fail(pid, seq, Errno.ENOSPC);
        else Create(stamp, seq, get);
    }

    private bool HasRoom(long size, Limits limits)
    {
        var bound = _rules.UnitsBound(limits);
        return _entries.Count < _rules.ObjectsBound(limits)
            && _units <= bound && _rules.UnitsOf((ulong)size) <= bound - _units;
    }

    private void Create(Stamp stamp, ulong seq, Get get)
    {
        var (uid, gid) = (stamp.Credentials.Uid, stamp.Credentials.Gid);
        var (id, index, sequence) = NextId(_rules.ObjectsBound(stamp.Limits) > 1 << IndexBits);
        var entry = new DirectoryEntry
        {
            Id = id,
            Index = index,
            Permissions = new Permissions
            {
                Key = get.Key,
                Uid = uid,
                Gid = gid,
                Cuid = uid,
                Cgid = gid,
                Mode = (uint)(get.Flags & IpcFlags.ModeBits),
            },
            InitialSize = _rules.InitialSize(get.Size, stamp.Limits),
            TimeMs = NowMs,
            Volatile = get.Volatile,
            Creator = stamp.Pid,
        };
        Emit(new Event
        {
            ObjectListed = new ObjectListed { Pid = stamp.Pid, Seq = seq, Entry = entry, Sequence = sequence },
        });
        Release(stamp.Pid, seq);
    }

    private Listing Page(List list)
    {
        var listing = new Listing();
        var limit = list.Limit is > 0 and <= Bounds.ListingPage ? list.Limit : Bounds.ListingPage;
        var from = (int)Math.Clamp(list.AfterId, -1, int.MaxValue - 1) + 1;
        foreach (var id in _ids.GetViewBetween(from, int.MaxValue))
        {
            if (listing.Ids.Count == limit)
            {
                listing.More = true;
                break;
            }

            listing.Ids.Add(id);
            listing.Keys.Add(_entries[id].Permissions.Key);
        }

        return listing;
    }

    private void Remove(Stamp stamp, Call call, Remove remove)
    {
        var id = remove.Id;
        if (_removals.TryGetValue(id, out var removal))
        {
            if (removal.Pid != stamp.Pid || removal.Seq != call.Seq) Hold(id, stamp, call);
        }
        else if (!_entries.ContainsKey(id))
        {
            Fail(stamp.Pid, call.Seq, _lost.Contains(id) ? Errno.EIDRM : Errno.EINVAL);
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
        PumpOutbox();
    }

    /// <inheritdoc/>
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
                if (_entries.Count == 0 && _forgetting.Count == 0) Answer(token, request, Errno.None);
                else if (_destroyers.Count < 16) _destroyers.Add((request, token));
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
            var isLost = _lost.Contains(claim.Id);
            if (!isLost) Fence();
            Answer(token, request, isLost ? Errno.EIDRM : Errno.EINVAL);
        }
        else if (!entry.Volatile || entry.ClaimedBy == claim.Incarnation)
        {
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
            Answer(token, request, Errno.EIDRM);
            if (removal is not null) ReleaseRemoval(removal);
            Decide(claim.Id);
            AnswerDestroyers();
        }
    }

    /// <summary>An object that lingered has come to its end by itself.</summary>
    private void End(Request request, ulong token)
    {
        var id = request.EndObject.Id;
        if (_entries.ContainsKey(id))
        {
            var removal = _removals.GetValueOrDefault(id);
            Emit(new Event { ObjectEnded = new ObjectEnded { Id = id } });
            if (removal is not null) ReleaseRemoval(removal);
            Decide(id);
            PumpOutbox();
        }

        Answer(token, request, Errno.None);
    }

    private void Destroy()
    {
        Emit(new Event { DirectoryDestroyed = new DirectoryDestroyed() });
        foreach (var id in _ids.ToArray())
        {
            // A removal under way by somebody who may not is overruled.
            if (_removals.ContainsKey(id)) Outbox.Add(Ask(id, null));
            else StartRemoval(0, 0, id, null);
        }

        PumpOutbox();
    }

    /// <inheritdoc/>
    protected override void OnAnswer(Reply reply)
    {
        var id = (int)reply.From.Id;
        if (!Outbox.Remove(reply.From)) return;
        if (_removals.TryGetValue(id, out var removal))
        {
            var lingers = reply.Lingering is not null;
            Emit(new Event { RemovalEnded = new RemovalEnded { Id = id, Errno = reply.Errno, Lingers = lingers } });
            ReleaseRemoval(removal);
            // Whoever had asked for it had no right to; the destruction needs none.
            if (_destroyed && _entries.ContainsKey(id)) StartRemoval(0, 0, id, null);
            Decide(id);
        }
        else if (_forgetting.Contains(id))
        {
            Emit(new Event { ObjectForgotten = new ObjectForgotten { Id = id } });
        }

        PumpOutbox();
        AnswerDestroyers();
    }

    private void ReleaseRemoval(RemovalStarted removal)
    {
        if (removal.Pid != 0 && !Ledger.IsForgotten(removal.Pid)) Release(removal.Pid, removal.Seq);
    }

    private void AnswerDestroyers()
    {
        if (!_destroyed || _entries.Count > 0 || _forgetting.Count > 0) return;
        foreach (var (request, token) in _destroyers) Answer(token, request, Errno.None);
        _destroyers.Clear();
    }

    /// <summary>Runs the calls that were held while it was open whether an object goes.</summary>
    private void Decide(int id)
    {
        var ready = _held.Where(held => held.Id == id).ToArray();
        _held.RemoveAll(held => held.Id == id);
        foreach (var (_, stamp, call) in ready)
        {
            var isOver = Ledger.IsForgotten(stamp.Pid) || Ledger.IsInHand(stamp.Pid, call.Seq)
                || Ledger.TryGet(stamp.Pid, call.Seq, out _);
            if (!isOver) Execute(stamp, call);
        }
    }

    /// <inheritdoc/>
    protected override bool IsUnderWay(int pid, ulong seq) =>
        _removals.Values.Any(removal => removal.Pid == pid && removal.Seq == seq);

    private void Hold(int id, Stamp stamp, Call call)
    {
        if (_held.Count >= HeldBound) return; // the caller sends again
        if (!_held.Any(held => held.Stamp.Pid == stamp.Pid && held.Call.Seq == call.Seq)) _held.Add((id, stamp, call));
    }

    private Request Ask(int id, Credentials? credentials) => new()
    {
        To = KeyOf(id), DestroyObject = new DestroyObject { Credentials = credentials },
    };

    private EntityKey KeyOf(int id) => new() { Kind = ObjectKind, Namespace = Key.Namespace, Id = id };

    private (int Id, int Index, int Sequence) NextId(bool extended)
    {
        var bits = extended ? ExtendedIndexBits : IndexBits;
        var mask = (1 << (31 - bits)) - 1;
        var index = FreeIndex(extended, bits);
        var sequence = (index <= _lastIndex ? _sequence + 1 : _sequence) & mask;
        while (true)
        {
            var id = (sequence << bits) + index;
            if (!_entries.ContainsKey(id) && !_forgetting.Contains(id)) return (id, index, sequence);
            sequence = (sequence + 1) & mask; // after a change of the number of bits, or a whole round of sequences
        }
    }

    private int FreeIndex(bool extended, int bits)
    {
        if (!extended) return _freeIndexes.Count > 0 ? _freeIndexes.Min : _nextFresh;
        if (_nextFresh < 1 << bits) return _nextFresh;
        var later = _freeIndexes.GetViewBetween(_lastIndex + 1, int.MaxValue);
        return later.Count > 0 ? later.Min : _freeIndexes.Min;
    }
}
