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
    private readonly Dictionary<int, SortedSet<int>> _unnamed = []; // ids of objects without names, by their creators
    private int _nextFresh;      // the first index that was never used
    private int _sequence;
    private int _lastIndex = -1;
    private ulong _units;        // the sum of semaphores or pages of all objects
    private int? _nextId;       // kernel.msg_next_id: for the next object; null: none is chosen
    private bool _destroyed;

    private readonly List<(long Id, Stamp Stamp, Call Call)> _held = []; // below 0: until that charge is decided
    private readonly List<(Request Request, ulong Token)> _destroyers = [];

    // ---- decide ----

    protected override void Execute(Stamp stamp, Call call)
    {
        var (pid, seq) = (stamp.Pid, call.Seq);
        if (IsUnderWay(pid, seq)) return;
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
        else if (TryFindCreation(get, out var charge)) Hold(-charge, stamp, call);
        else if (WhyNotCreate(stamp, get) is { } rejection) Reject(pid, seq, rejection);
        else Create(stamp, seq, get);
    }

    // By the arguments alone.
    private Errno WhyNotGet(Get get, Stamp stamp)
    {
        if (!kind.IsSize(get.Size, stamp.Limits)) return Errno.EINVAL;
        // The C library looks at the value of a semaphore first if it may only make one.
        if (kind.IsNamed && IsExclusive(get) && !kind.IsNewSize(get.Size, stamp.Limits)) return Errno.EINVAL;
        if (get.Unnamed) return kind.MayBeUnnamed && get.Name.Length == 0 ? Errno.None : Errno.EINVAL;
        if (kind.IsNamed) return kind.WhyNotName(get.Name, unlinks: false);
        return get.Name.Length > 0 ? Errno.EINVAL : Errno.None;
    }

    private static bool IsExclusive(Get get) =>
        (get.Flags & IpcFlags.IPC_CREAT) != 0 && (get.Flags & IpcFlags.IPC_EXCL) != 0;

    private bool TryFind(Get get, out int id)
    {
        id = 0;
        if (get.Unnamed) return false;
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
        if (IsExclusive(get)) return kind.TakenErrno;
        if (kind.IsNamed) return null;
        // EINVAL, semget(2): "A semaphore set corresponding to key already exists, but nsems is larger than the number
        // of semaphores in that set." shmget(2) likewise.
        if (kind.IsSized && (ulong)get.Size > _entries[id].InitialSize) return Errno.EINVAL;
        return null;
    }

    private Rejection? WhyNotCreate(Stamp stamp, Get get)
    {
        // ENOENT: "No message queue exists for key and msgflg did not specify IPC_CREAT."
        var isPrivate = get.Unnamed || (!kind.IsNamed && get.Key == IpcFlags.IPC_PRIVATE);
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
        // The account of the user knows of the other queues.
        if (kind.ChargeOf(entry) > kind.ChargeBound(get, stamp)) return Rejection.Recorded(Errno.EMFILE);
        return null;
    }

    private bool HasRoom(long size, Stamp stamp)
    {
        var isUnlimited = kind.IsPrivilegedUnlimited && stamp.Credentials.Has(LinuxCapability.SysResource);
        var objects = isUnlimited ? Bounds.NamedObjects : kind.ObjectsBound(stamp.Limits);
        var bound = kind.UnitsBound(stamp.Limits);
        return _entries.Count + _creations.Count < objects
            && _units <= bound && kind.UnitsOf((ulong)size) <= bound - _units;
    }

    private void Create(Stamp stamp, ulong seq, Get get)
    {
        var (uid, gid) = (stamp.Credentials.Uid, stamp.Credentials.Gid);
        var entry = new DirectoryEntry
        {
            Permissions = new Permissions
            {
                Key = get.Key,
                Uid = uid,
                Gid = gid,
                Cuid = uid,
                Cgid = gid,
                Mode = kind.IsNamed ? get.Mode & FileFlags.ModeBits : (uint)(get.Flags & IpcFlags.ModeBits),
            },
            Name = get.Unnamed ? "" : kind.Normalize(get.Name),
            Unnamed = get.Unnamed,
            InitialSize = kind.InitialSize(get.Size, stamp.Limits),
            TimeMs = WallMs,
            Volatile = get.Volatile,
            Creator = stamp.Pid,
        };
        if (kind.IsNamed) entry.CreatorSeq = seq;
        kind.Describe(get, stamp, entry);
        // The id of an object with a name is seen by nobody, so it need not be as Linux's.
        if (kind.ChargeOf(entry) > 0) StartCreation(stamp.Pid, seq, entry, kind.ChargeBound(get, stamp));
        else Enter(stamp.Pid, seq, entry, kind.IsNamed || kind.ObjectsBound(stamp.Limits) > 1 << IndexBits);
    }

    /// <summary>Gives a new object its id, lists it, and answers the call that makes it.</summary>
    private void Enter(int pid, ulong seq, DirectoryEntry entry, bool isExtended)
    {
        var chosen = ChosenId(isExtended);
        (entry.Id, entry.Index, var sequence) = chosen ?? NextId(isExtended);
        Emit(new Event
        {
            ObjectListed = new ObjectListed
            {
                Pid = pid, Seq = seq, Entry = entry, Sequence = sequence, Chosen = chosen is not null,
            },
        });
        Release(pid, seq);
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
}
