using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Namespaces;

/// <summary>
/// The directory of one kind of object in one namespace: keys or names, ids, and the limit on the number of objects. It
/// decides every creation and removal, so two msgget(IPC_CREAT | IPC_EXCL) on one key never both succeed.
/// </summary>
/// <remarks>
/// A creation is one event here. The object itself asks for its entry (<see cref="Claim"/>) when it is first called. A
/// removal is a journalled intent: the object is asked until it answers (it knows who may remove it), then told to
/// forget itself until it confirms. Calls on a key that is being removed are held until the removal is decided.
///
/// Ids are Linux's (ipc/util.c, ipc_idr_alloc): id = sequence * 32,768 + index, with the lowest free index, and a new
/// sequence when the index did not grow. With msgmni above 32,768 an id has 24 bits of index, and indexes are given out
/// in turn, as with the kernel's ipcmni_extend.
/// </remarks>
public sealed partial class ObjectDirectory(EntityKey key, ObjectKind kind) : Machine(key)
{
    private const int IndexBits = 15;
    private const int ExtendedIndexBits = 24;

    /// <summary>The largest number of lost volatile objects whose ids answer EIDRM and not EINVAL.</summary>
    private const int LostBound = 10_000;

    /// <summary>The largest number of calls that are held while removals are decided.</summary>
    private const int HeldBound = 4_096;

    // The askers for the end of the directory that are answered when it comes. Further askers ask again.
    private const int DestroyersBound = 16;

    // ---- state ----

    private readonly Dictionary<int, DirectoryEntry> _entries = [];
    private readonly SortedSet<int> _ids = [];
    private readonly Dictionary<int, int> _byKey = [];
    private readonly Dictionary<string, int> _byName = new(StringComparer.Ordinal); // of a kind with names
    private readonly Dictionary<int, int> _byIndex = [];
    private readonly SortedSet<int> _freeIndexes = [];
    private readonly Dictionary<int, RemovalStarted> _removals = [];
    private readonly SortedSet<int> _forgetting = [];
    private readonly HashSet<int> _lost = [];
    private readonly Queue<int> _lostOrder = [];
    private readonly SortedSet<int> _usedIndexes = [];
    private readonly Dictionary<uint, long> _charges = []; // by owner: what the objects count against a resource limit
    private int _nextFresh;      // the first index that was never used
    private int _sequence;
    private int _lastIndex = -1;
    private ulong _units;        // the sum of semaphores or pages of all objects
    private int? _nextId;       // kernel.msg_next_id: for the next object; null: none is chosen
    private bool _destroyed;

    private readonly List<(int Id, Stamp Stamp, Call Call)> _held = [];
    private readonly List<(Request Request, ulong Token)> _destroyers = [];

    // ---- decide ----

    protected override void Execute(Stamp stamp, Call call)
    {
        var (pid, seq) = (stamp.Pid, call.Seq);
        if (_destroyed)
        {
            FailUnrecorded(pid, seq, Errno.EIDRM);
            return;
        }

        switch (call.OpCase)
        {
            case Call.OpOneofCase.Get:
                Get(stamp, call, call.Get);
                break;
            case Call.OpOneofCase.List:
                AnswerUnrecorded(pid, new Result { Seq = seq, Listing = Page(call.List) });
                break;
            case Call.OpOneofCase.Resolve:
                if (_byIndex.TryGetValue(call.Resolve.Index, out var id))
                    AnswerUnrecorded(pid, new Result { Seq = seq, Id = id });
                else
                    FailUnrecorded(pid, seq, Errno.EINVAL);
                break;
            case Call.OpOneofCase.Remove:
                Remove(stamp, call, call.Remove);
                break;
            case Call.OpOneofCase.DirectoryStat:
                var highest = _usedIndexes.Count == 0 ? -1 : _usedIndexes.Max;
                var status =
                    new DirectoryStatus { Objects = _entries.Count, HighestIndex = highest, Units = (long)_units };
                if (_nextId is { } next) status.NextId = next;
                AnswerUnrecorded(pid, new Result { Seq = seq, DirectoryStatus = status });
                break;
            case Call.OpOneofCase.NextIdSet:
                SetNextId(stamp, seq, call.NextIdSet.Id);
                break;
            default:
                FailUnrecorded(pid, seq, Errno.EINVAL);
                break;
        }
    }

    // ---- msgget(2), semget(2), shmget(2) ----

    private void Get(Stamp stamp, Call call, Get get)
    {
        var (pid, seq) = (stamp.Pid, call.Seq);
        if (WhyNotGet(get, stamp) is var errno and not Errno.None) FailUnrecorded(pid, seq, errno);
        else if (TryFind(get, out var id)) GetExisting(stamp, call, id);
        else if (WhyNotCreate(stamp, get) is { } rejection) Reject(pid, seq, rejection);
        else Create(stamp, seq, get);
    }

    // By the arguments alone.
    private Errno WhyNotGet(Get get, Stamp stamp)
    {
        if (!kind.IsSize(get.Size, stamp.Limits)) return Errno.EINVAL;
        // The C library looks at the value of a semaphore first if it may only make one.
        if (kind.IsNamed && IsExclusive(get) && !kind.IsNewSize(get.Size, stamp.Limits)) return Errno.EINVAL;
        if (kind.IsNamed) return kind.WhyNotName(get.Name, unlinks: false);
        return get.Name.Length > 0 ? Errno.EINVAL : Errno.None;
    }

    private static bool IsExclusive(Get get) =>
        (get.Flags & IpcFlags.IPC_CREAT) != 0 && (get.Flags & IpcFlags.IPC_EXCL) != 0;

    private bool TryFind(Get get, out int id)
    {
        id = 0;
        if (kind.IsNamed) return _byName.TryGetValue(kind.Normalize(get.Name), out id);
        return get.Key != IpcFlags.IPC_PRIVATE && _byKey.TryGetValue(get.Key, out id);
    }

    private void GetExisting(Stamp stamp, Call call, int id)
    {
        if (_removals.ContainsKey(id)) Hold(id, stamp, call);
        else if (WhyNotExisting(call.Get, id) is { } errno) FailRecorded(stamp.Pid, call.Seq, errno);
        else AnswerRecorded(stamp.Pid, new Result { Seq = call.Seq, Got = new Got { Id = id, Existed = true } });
    }

    private Errno? WhyNotExisting(Get get, int id)
    {
        // EEXIST: "IPC_CREAT and IPC_EXCL were specified in msgflg, but a message queue already exists for key."
        if (IsExclusive(get)) return Errno.EEXIST;
        if (kind.IsNamed) return null;
        // EINVAL, semget(2): "A semaphore set corresponding to key already exists, but nsems is larger than the number
        // of semaphores in that set." shmget(2) likewise.
        if (kind.IsSized && (ulong)get.Size > _entries[id].InitialSize) return Errno.EINVAL;
        return null;
    }

    private Rejection? WhyNotCreate(Stamp stamp, Get get)
    {
        // ENOENT: "No message queue exists for key and msgflg did not specify IPC_CREAT."
        var isPrivate = !kind.IsNamed && get.Key == IpcFlags.IPC_PRIVATE;
        if (!isPrivate && (get.Flags & IpcFlags.IPC_CREAT) == 0) return Rejection.Unrecorded(Errno.ENOENT);
        if (!kind.IsNewSize(get.Size, stamp.Limits)) return Rejection.Recorded(Errno.EINVAL);
        // ENOSPC: "A message queue has to be created but the system limit for the maximum number of message queues
        // (MSGMNI) would be exceeded." Likewise semmns and shmall.
        if (!HasRoom(get.Size, stamp)) return Rejection.Recorded(Errno.ENOSPC);
        // ENOMEM: "the system does not have enough memory for the new data structure."
        if (!kind.CanHold(get.Size)) return Rejection.Recorded(Errno.ENOMEM);
        var entry = new DirectoryEntry();
        if (kind.Describe(get, stamp, entry) is var errno and not Errno.None) return Rejection.Recorded(errno);
        // EMFILE, mq_open(3): ENOMEM there, and EMFILE of the kernel, when RLIMIT_MSGQUEUE would be exceeded.
        var charged = _charges.GetValueOrDefault(stamp.Credentials.Uid);
        if (kind.ChargeOf(entry) > kind.ChargeBound(get, stamp) - charged) return Rejection.Recorded(Errno.EMFILE);
        return null;
    }

    private bool HasRoom(long size, Stamp stamp)
    {
        var isUnlimited = kind.IsPrivilegedUnlimited && stamp.Credentials.Has(LinuxCapability.SysResource);
        var objects = isUnlimited ? Bounds.NamedObjects : kind.ObjectsBound(stamp.Limits);
        var bound = kind.UnitsBound(stamp.Limits);
        return _entries.Count < objects
            && _units <= bound && kind.UnitsOf((ulong)size) <= bound - _units;
    }

    private void Create(Stamp stamp, ulong seq, Get get)
    {
        var (uid, gid) = (stamp.Credentials.Uid, stamp.Credentials.Gid);
        // The id of an object with a name is seen by nobody, so it need not be as Linux's.
        var isExtended = kind.IsNamed || kind.ObjectsBound(stamp.Limits) > 1 << IndexBits;
        var chosen = ChosenId(isExtended);
        var (id, index, sequence) = chosen ?? NextId(isExtended);
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
                Mode = kind.IsNamed ? get.Mode & FileFlags.ModeBits : (uint)(get.Flags & IpcFlags.ModeBits),
            },
            Name = kind.Normalize(get.Name),
            InitialSize = kind.InitialSize(get.Size, stamp.Limits),
            TimeMs = WallMs,
            Volatile = get.Volatile,
            Creator = stamp.Pid,
        };
        if (kind.IsNamed) entry.CreatorSeq = seq;
        kind.Describe(get, stamp, entry);
        Emit(new Event
        {
            ObjectListed = new ObjectListed
            {
                Pid = stamp.Pid, Seq = seq, Entry = entry, Sequence = sequence, Chosen = chosen is not null,
            },
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
            if (kind.IsNamed) listing.Names.Add(_entries[id].Name);
        }

        return listing;
    }

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
            if (!isLost || _destroyed) Fence();
            Answer(token, request, isLost ? Errno.EIDRM : Errno.EINVAL);
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
            Answer(token, request, Errno.EIDRM);
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

        Answer(token, request, Errno.None);
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
        if (!_destroyed || _entries.Count > 0 || _forgetting.Count > 0) return;
        foreach (var (request, token) in _destroyers) Answer(token, request, Errno.None);
        _destroyers.Clear();
    }

    /// <summary>Runs the calls that were held until the removal of an object was decided.</summary>
    private void RunHeld(int id)
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
        _removals.Values.Any(removal => removal.Pid == pid && removal.Seq == seq);

    private void Hold(int id, Stamp stamp, Call call)
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
