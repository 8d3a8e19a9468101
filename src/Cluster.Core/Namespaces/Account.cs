using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Namespaces;

/// <summary>
/// What the objects of one user count against a resource limit, over all namespaces: RLIMIT_MSGQUEUE of getrlimit(2), in
/// bytes. A directory takes a charge here before it lists an object, and gives it back when the object has ended.
/// </summary>
/// <remarks>
/// A directory numbers its charges, never uses a number again, and has one request to an account under way. So the numbers
/// of new charges grow. A charge whose number is not above the highest one was decided before: it is here, or it was refused
/// or released, and a late copy of its request takes nothing.
///
/// The highest number of a directory without charges is kept for an hour, as a tombstone is: no copy of a request lasts
/// longer.
/// </remarks>
public sealed class Account(EntityKey key) : Machine(key)
{
    /// <summary>How long the highest number of a directory without charges is kept, in ms.</summary>
    public const long KeepMs = 3_600_000;

    // Directories are looked at for old ones when there are more than this, and once in this many ms.
    private const int FewDirectories = 64;
    private const long LookMs = 60_000;

    private readonly Dictionary<EntityKey, Charges> _directories = [];
    private long _sum;
    private long _lookAtMs; // not journalled

    /// <summary>The account of a user.</summary>
    public static EntityKey KeyOf(uint uid) => new() { Kind = Kind.Account, Id = uid };

    /// <summary>The bytes of all objects of the user.</summary>
    public long Sum => _sum;

    /// <summary>Each charge, for the checks of tests.</summary>
    internal IEnumerable<(EntityKey Directory, long Number, long Bytes)> All =>
        _directories.SelectMany(pair => pair.Value.ByNumber.Select(charge => (pair.Key, charge.Key, charge.Value)));

    // ---- decide ----

    protected override void Execute(Stamp stamp, Call call) => FailUnrecorded(stamp.Pid, call.Seq, Errno.EINVAL);

    protected override void OnRequest(Request request, ulong token)
    {
        if (request.BodyCase != Request.BodyOneofCase.ChargeAccount || request.ChargeAccount.Directory is null)
        {
            base.OnRequest(request, token);
            return;
        }

        var asked = request.ChargeAccount;
        var refused = new Charged();
        var change = Decide(asked, refused);
        if (change.Taken.Count > 0 || change.Released.Count > 0 || change.Highest > HighestOf(asked.Directory))
            Emit(new Event { AccountChanged = change });
        else
            Fence(); // the answer must not come from an old state
        Answer(token, request, Errno.None, reply => reply.Charged = refused);
    }

    private AccountChanged Decide(ChargeAccount asked, Charged refused)
    {
        var known = _directories.GetValueOrDefault(asked.Directory);
        var change = new AccountChanged
        {
            Directory = asked.Directory, Highest = HighestOf(asked.Directory), ClockMs = NowMs,
        };
        var sum = _sum;
        foreach (var number in asked.Released.Distinct())
        {
            if (known is null || !known.ByNumber.TryGetValue(number, out var bytes)) continue;
            change.Released.Add(number);
            sum -= bytes;
        }

        foreach (var charge in asked.Charges)
        {
            if (charge.Number <= change.Highest)
            {
                if (known is null || !known.ByNumber.ContainsKey(charge.Number)) refused.Refused.Add(charge.Number);
                continue;
            }

            change.Highest = charge.Number;
            if (charge.Bytes < 0 || charge.Bytes > charge.Bound - sum)
            {
                refused.Refused.Add(charge.Number);
                continue;
            }

            change.Taken.Add(new AccountCharge { Number = charge.Number, Bytes = charge.Bytes });
            sum += charge.Bytes;
        }

        change.Forgotten.AddRange(OldDirectories(asked.Directory));
        return change;
    }

    private long HighestOf(EntityKey directory) => _directories.GetValueOrDefault(directory)?.Highest ?? 0;

    private EntityKey[] OldDirectories(EntityKey except)
    {
        if (_directories.Count <= FewDirectories || NowMs < _lookAtMs) return [];
        _lookAtMs = NowMs + LookMs;
        return [.. _directories
            .Where(pair => pair.Value.ByNumber.Count == 0 && pair.Value.ClockMs <= NowMs - KeepMs && !pair.Key.Equals(except))
            .Select(pair => pair.Key).OrderBy(directory => (directory.Kind, directory.Namespace, directory.Id))];
    }

    // ---- apply ----

    protected override void ApplyFact(Event fact)
    {
        if (fact.FactCase != Event.FactOneofCase.AccountChanged) throw UnknownFact(fact);
        var change = fact.AccountChanged;
        if (!_directories.TryGetValue(change.Directory, out var charges))
            _directories.Add(change.Directory.Clone(), charges = new Charges());
        foreach (var number in change.Released)
        {
            if (charges.ByNumber.Remove(number, out var bytes)) _sum -= bytes;
        }

        foreach (var taken in change.Taken) Add(charges, taken);
        (charges.Highest, charges.ClockMs) = (change.Highest, change.ClockMs);
        foreach (var directory in change.Forgotten) _directories.Remove(directory);
    }

    private void Add(Charges charges, AccountCharge taken)
    {
        charges.ByNumber.Add(taken.Number, taken.Bytes);
        _sum += taken.Bytes;
    }

    // ---- snapshot ----

    protected override void SaveState(Snapshot snapshot)
    {
        var state = new AccountState();
        foreach (var (directory, charges) in _directories.OrderBy(pair => (pair.Key.Kind, pair.Key.Namespace, pair.Key.Id)))
        {
            var saved = new DirectoryAccount
            {
                Directory = directory.Clone(), Highest = charges.Highest, ClockMs = charges.ClockMs,
            };
            saved.Charges.AddRange(charges.ByNumber.Select(
                charge => new AccountCharge { Number = charge.Key, Bytes = charge.Value }));
            state.Directories.Add(saved);
        }

        snapshot.Account = state;
    }

    protected override void LoadState(Snapshot snapshot)
    {
        _directories.Clear();
        _sum = 0;
        foreach (var saved in snapshot.Account.Directories)
        {
            var charges = new Charges { Highest = saved.Highest, ClockMs = saved.ClockMs };
            foreach (var charge in saved.Charges) Add(charges, charge);
            _directories.Add(saved.Directory, charges);
        }
    }

    // ---- invariants ----

    public override void CheckInvariants()
    {
        Require(_directories.Values.Sum(each => each.ByNumber.Values.Sum()) == _sum, "the sum is that of the charges");
        Require(
            _directories.Values.All(each => each.ByNumber.Keys.All(number => number <= each.Highest)),
            "charges are numbered");
    }

    private sealed class Charges
    {
        public SortedDictionary<long, long> ByNumber { get; } = [];

        public long Highest { get; set; }

        public long ClockMs { get; set; }
    }
}
