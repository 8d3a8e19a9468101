using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Namespaces;

/// <content>
/// Charges of objects against a resource limit of their owner (RLIMIT_MSGQUEUE), which the owner's account counts over all
/// namespaces.
/// </content>
public sealed partial class ObjectDirectory
{
    /// <summary>Charges, and as many releases, of one request to an account.</summary>
    private const int ChargesAtOnce = 4_096;

    // The askers that are answered when a charge is released. Further ones ask again.
    private const int ReleaseAskersBound = 4_096;

    // ---- state ----

    private readonly SortedDictionary<long, CreationStarted> _creations = []; // by the number of the charge
    private readonly SortedDictionary<long, PendingRelease> _releases = [];
    private readonly SortedDictionary<long, AssignedCharge> _adopting = [];
    private readonly Dictionary<string, long> _creating = new(StringComparer.Ordinal); // names of _creations
    private readonly Dictionary<int, long> _releasing = []; // ids of _releases
    private readonly SortedSet<int> _uncharged = [];        // ids, from a journal of before accounts
    private long _lastCharge;

    private readonly List<(int Id, Request Request, ulong Token, Errno Errno)> _releaseAskers = [];
    private bool _hasNewCharges; // an account may have to be asked

    /// <summary>The charge of each object, for the checks of tests.</summary>
    internal IEnumerable<(long Number, uint Uid, long Bytes)> Charges => _entries.Values
        .Where(entry => entry.Charge != 0)
        .Select(entry => (entry.Charge, entry.Permissions.Uid, kind.ChargeOf(entry)));

    // ---- decide ----

    /// <summary>Whether an account has to answer, for a creation, an end, or an object of before accounts.</summary>
    internal bool HasChargesUnderWay => _creations.Count > 0 || _releases.Count > 0 || _adopting.Count > 0;

    private bool IsChargeUnderWay(int pid, ulong seq) =>
        _creations.Values.Any(creation => creation.Pid == pid && creation.Seq == seq)
        || _releases.Values.Any(release => release.Pid == pid && release.Seq == seq);

    // Whoever waits brings this entity back should its node die before the account has answered.
    protected override bool MayConfirmExit(int pid) =>
        !_creations.Values.Any(creation => creation.Pid == pid) && !_releases.Values.Any(release => release.Pid == pid);

    private bool TryFindCreation(Get get, out long charge)
    {
        charge = 0;
        return kind.IsNamed && !get.Unnamed && _creating.TryGetValue(kind.Normalize(get.Name), out charge);
    }

    private void StartCreation(int pid, ulong seq, DirectoryEntry entry, long bound)
    {
        entry.Charge = _lastCharge + 1;
        var started = new CreationStarted
        {
            Pid = pid, Seq = seq, Entry = entry, Bytes = kind.ChargeOf(entry), Bound = bound,
        };
        Emit(new Event { CreationStarted = started });
    }

    /// <summary>Keeps an asker until the charge of an object is released; false: it is released.</summary>
    private bool TryAwaitRelease(int id, Request request, ulong token, Errno errno)
    {
        if (!_releasing.ContainsKey(id)) return false;
        if (_releaseAskers.Count < ReleaseAskersBound) _releaseAskers.Add((id, request, token, errno));
        return true;
    }

    protected override void OnRecovered() => _hasNewCharges = true;

    protected override void OnSettled()
    {
        base.OnSettled();
        if (!_hasNewCharges) return;
        _hasNewCharges = false;
        if (_uncharged.Count > 0 && _adopting.Count == 0) Adopt();
        var uids = _creations.Values.Select(creation => creation.Entry.Permissions.Uid)
            .Concat(_releases.Values.Select(release => release.Uid))
            .Concat(_adopting.Values.Select(assigned => assigned.Uid));
        foreach (var uid in uids.Distinct().ToArray())
        {
            // One request at a time: so an account gets the numbers of new charges in their order.
            var account = Account.KeyOf(uid);
            if (!Outbox.Contains(account, Request.BodyOneofCase.ChargeAccount)) Outbox.Add(NextRequest(account, uid));
        }

        SendOutbox();
    }

    // The objects exist, so their charges are not refused.
    private void Adopt()
    {
        var assigned = new ChargesAssigned();
        foreach (var id in _uncharged.Take(ChargesAtOnce))
        {
            var entry = _entries[id];
            assigned.Charges.Add(new AssignedCharge
            {
                Charge = _lastCharge + 1 + assigned.Charges.Count,
                Id = id,
                Uid = entry.Permissions.Uid,
                Bytes = kind.ChargeOf(entry),
            });
        }

        Emit(new Event { ChargesAssigned = assigned });
    }

    private Request NextRequest(EntityKey account, uint uid)
    {
        var charges = _adopting.Values.Where(assigned => assigned.Uid == uid)
            .Select(each => new Charge { Number = each.Charge, Bytes = each.Bytes, Bound = long.MaxValue })
            .Concat(_creations.Values.Where(creation => creation.Entry.Permissions.Uid == uid)
                .Select(each => new Charge { Number = each.Entry.Charge, Bytes = each.Bytes, Bound = each.Bound }));
        var request = new ChargeAccount { Directory = Key };
        request.Charges.AddRange(charges.OrderBy(charge => charge.Number).Take(ChargesAtOnce));
        request.Released.AddRange(
            _releases.Values.Where(release => release.Uid == uid).Select(each => each.Charge).Take(ChargesAtOnce));
        return new Request { To = account, ChargeAccount = request };
    }

    private void OnCharged(Request request, Reply reply)
    {
        if (reply.Charged is not { } charged) return; // from a node that has no accounts yet: it is asked again
        Outbox.Remove(request.To, Request.BodyOneofCase.ChargeAccount);
        _hasNewCharges = true;
        var asked = request.ChargeAccount;
        EndReleases([.. asked.Released.Where(_releases.ContainsKey)]);
        var adopted = new ChargesAdopted();
        adopted.Charges.AddRange(asked.Charges.Select(charge => charge.Number).Where(_adopting.ContainsKey));
        if (adopted.Charges.Count > 0) Emit(new Event { ChargesAdopted = adopted });
        var refused = charged.Refused.ToHashSet();
        foreach (var charge in asked.Charges)
        {
            if (!_creations.TryGetValue(charge.Number, out var creation)) continue;
            EndCreation(creation, refused.Contains(charge.Number));
            RunHeld(-charge.Number);
        }

        AnswerDestroyers();
    }

    private void EndReleases(IReadOnlyList<long> charges)
    {
        if (charges.Count == 0) return;
        var releases = charges.Select(charge => _releases[charge]).ToArray();
        var released = new ChargesReleased();
        released.Charges.AddRange(charges);
        Emit(new Event { ChargesReleased = released });
        foreach (var release in releases)
        {
            if (release.Pid != 0 && !Ledger.HasExited(release.Pid)) Release(release.Pid, release.Seq);
        }

        foreach (var (id, request, token, errno) in _releaseAskers.ToArray())
        {
            if (!_releasing.ContainsKey(id)) Answer(token, request, errno);
        }

        _releaseAskers.RemoveAll(asker => !_releasing.ContainsKey(asker.Id));
    }

    private void EndCreation(CreationStarted creation, bool isRefused)
    {
        var isOver = Ledger.HasExited(creation.Pid);
        if (!isRefused && !isOver && !_destroyed)
        {
            var entry = creation.Entry.Clone();
            entry.TimeMs = WallMs;
            Enter(creation.Pid, creation.Seq, entry, isExtended: true);
            return;
        }

        // EMFILE, mq_open(3): "The per-process limit" there; ipc/mqueue.c answers so for RLIMIT_MSGQUEUE.
        var errno = isRefused ? Errno.EMFILE : Errno.EIDRM;
        var ended = new CreationEnded { Charge = creation.Entry.Charge, Errno = (int)errno, Charged = !isRefused };
        Emit(new Event { CreationEnded = ended });
        if (!isOver) Release(creation.Pid, creation.Seq);
    }

    // ---- apply ----

    private void Apply(CreationStarted started)
    {
        _hasNewCharges = true;
        _lastCharge = started.Entry.Charge;
        _creations.Add(started.Entry.Charge, started);
        if (started.Entry.Name.Length > 0) _creating.Add(started.Entry.Name, started.Entry.Charge);
    }

    private void ForgetCreation(DirectoryEntry entry)
    {
        if (_creations.Remove(entry.Charge)) _creating.Remove(entry.Name);
    }

    private void Apply(CreationEnded ended)
    {
        var creation = _creations[ended.Charge];
        ForgetCreation(creation.Entry);
        if (!ended.Charged)
        {
            Complete(creation.Pid, creation.Seq, ended.Errno);
            return;
        }

        Add(new PendingRelease
        {
            Charge = ended.Charge,
            Uid = creation.Entry.Permissions.Uid,
            Pid = creation.Pid,
            Seq = creation.Seq,
            Errno = ended.Errno,
        });
    }

    // A charge that the account has not taken yet is released when it has.
    private bool HasCharge(DirectoryEntry entry) => entry.Charge != 0 && !_adopting.ContainsKey(entry.Charge);

    private void StartRelease(DirectoryEntry entry, RemovalStarted? removal) => Add(new PendingRelease
    {
        Charge = entry.Charge, Uid = entry.Permissions.Uid, Id = entry.Id, Pid = removal?.Pid ?? 0, Seq = removal?.Seq ?? 0,
    });

    private void Add(PendingRelease release)
    {
        _hasNewCharges = true;
        _releases.Add(release.Charge, release);
        if (release.HasId) _releasing.Add(release.Id, release.Charge);
    }

    private void Apply(ChargesReleased released)
    {
        foreach (var charge in released.Charges)
        {
            if (!_releases.Remove(charge, out var release)) continue;
            if (release.HasId) _releasing.Remove(release.Id);
            Complete(release.Pid, release.Seq, release.Errno);
        }
    }

    private void Apply(ChargesAssigned assigned)
    {
        _hasNewCharges = true;
        foreach (var each in assigned.Charges)
        {
            _lastCharge = each.Charge;
            _adopting.Add(each.Charge, each);
            _entries[each.Id].Charge = each.Charge;
            _uncharged.Remove(each.Id);
        }
    }

    private void Apply(ChargesAdopted adopted)
    {
        foreach (var charge in adopted.Charges)
        {
            if (!_adopting.Remove(charge, out var assigned)) continue;
            var lives = _entries.TryGetValue(assigned.Id, out var entry) && entry.Charge == charge;
            if (!lives) Add(new PendingRelease { Charge = charge, Uid = assigned.Uid });
        }
    }

    // ---- snapshot ----

    private void SaveCharges(DirectoryState state)
    {
        state.Creations.AddRange(_creations.Values);
        state.Releases.AddRange(_releases.Values);
        state.Adopting.AddRange(_adopting.Values);
        state.LastCharge = _lastCharge;
    }

    private void LoadCharges(DirectoryState state)
    {
        foreach (var creation in state.Creations) Apply(creation);
        foreach (var release in state.Releases) Add(release);
        foreach (var assigned in state.Adopting) _adopting.Add(assigned.Charge, assigned);
        _lastCharge = state.LastCharge;
    }

    private void ClearCharges()
    {
        _creations.Clear();
        _creating.Clear();
        _releases.Clear();
        _releasing.Clear();
        _adopting.Clear();
        _uncharged.Clear();
        _lastCharge = 0;
    }

    // ---- invariants ----

    private void CheckCharges()
    {
        Require(
            _entries.Values.All(entry => entry.Charge == 0 == (kind.ChargeOf(entry) == 0 || _uncharged.Contains(entry.Id))),
            "an object that counts against a limit has a charge");
        Require(_creations.All(pair => pair.Value.Entry.Charge == pair.Key), "creations have their charges");
        Require(_creations.Values.All(each => !_byName.ContainsKey(each.Entry.Name)), "a new name is not taken");
        Require(_entries.Values.All(entry => !_releases.ContainsKey(entry.Charge)), "a living object keeps its charge");
        Require(
            _creations.Keys.Concat(_releases.Keys).Concat(_adopting.Keys).All(charge => charge <= _lastCharge),
            "charges are numbered");
    }
}
