using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <summary>
/// Describes a kind of object: what the rest of the system has to know of it. Each kind has one description, in its own
/// folder. Every list of kinds is made from the descriptions (<c>ObjectKinds.All</c>).
/// </summary>
/// <param name="kind">The number of the kind on the wire and on disk.</param>
/// <param name="word">The word of the kind in names of calls and objects: "msg", as in msgget(2) and "msg:0".</param>
/// <param name="letter">The option letter of the kind in ipcs(1), ipcmk(1) and ipcrm(1).</param>
/// <param name="objectsLimit">
/// The limit on the number of objects of the kind in a namespace; null: Linux has none, and
/// <see cref="Bounds.NamedObjects"/> counts.
/// </param>
public abstract class ObjectKind(Kind kind, string word, char letter, string? objectsLimit)
{
    private readonly LimitRow? _objects = objectsLimit is null ? null : LimitRow.Find(objectsLimit)
        ?? throw new ArgumentException($"there is no limit with the name {objectsLimit}", nameof(objectsLimit));

    /// <summary>The number of the kind.</summary>
    public Kind Kind { get; } = kind;

    /// <summary>The word of the kind.</summary>
    public string Word { get; } = word;

    /// <summary>The option letter of the kind.</summary>
    public char Letter { get; } = letter;

    /// <summary>The limits of a namespace on objects of the kind.</summary>
    public IReadOnlyList<LimitRow> Limits { get; } = LimitRow.Of(kind);

    /// <summary>Kinds of entities that objects of this kind consist of, beside the object itself.</summary>
    public virtual IReadOnlyList<PartKind> Parts => [];

    /// <summary>Whether objects have names instead of keys (POSIX: mq_overview(7)).</summary>
    public virtual bool IsNamed => false;

    /// <summary>Whether the get call has a size.</summary>
    public virtual bool IsSized => true;

    /// <summary>
    /// Whether Linux has the kind as System V IPC (sysvipc(7)). The live kernel is then the measure of the kind, and
    /// ipcs(1) and lsipc(1) list it unasked.
    /// </summary>
    public virtual bool IsSystemV => true;

    /// <summary>Makes the machine of an object, without state.</summary>
    public abstract ObjectMachine Create(EntityKey key);

    /// <summary>Whether a number can be the id of an object: 0 to INT_MAX, as of Linux.</summary>
    public bool IsId(long id) => id is >= 0 and <= int.MaxValue;

    /// <summary>The number of objects that a namespace may have.</summary>
    public long ObjectsBound(Limits limits) => _objects?.Get(limits) ?? Bounds.NamedObjects;

    /// <summary>
    /// Whether a privileged caller (uid 0, for CAP_SYS_RESOURCE) may have more objects than the limit says. Then
    /// <see cref="Bounds.NamedObjects"/> counts.
    /// </summary>
    public virtual bool IsPrivilegedUnlimited => false;

    /// <summary>Whether a size is valid, whether the object exists or not: else EINVAL.</summary>
    public virtual bool IsSize(long size, Limits limits) => size >= 0;

    /// <summary>Whether a new object may have a size: else EINVAL.</summary>
    public virtual bool IsNewSize(long size, Limits limits) => true;

    /// <summary>Whether the cluster can hold an object of a size, whatever the limits allow: else ENOMEM.</summary>
    public virtual bool CanHold(long size) => true;

    /// <summary>The size of a new object.</summary>
    public virtual ulong InitialSize(long size, Limits limits) => (ulong)size;

    /// <summary>How much an object of a size takes of the namespace's total (semaphores, pages).</summary>
    public virtual ulong UnitsOf(ulong size) => 0;

    /// <summary>The namespace's total of units: beyond it ENOSPC.</summary>
    public virtual ulong UnitsBound(Limits limits) => ulong.MaxValue;

    // ---- kinds whose objects have names ----

    /// <summary>Why a name cannot be that of an object; None: it can.</summary>
    /// <param name="name">The name as the caller gave it.</param>
    /// <param name="unlinks">Whether the unlink call asks, whose errors may differ from those of the open call.</param>
    public virtual Errno WhyNotName(string name, bool unlinks) => name.Length == 0 ? Errno.EINVAL : Errno.None;

    /// <summary>The error of a creation with a name that an object has.</summary>
    public virtual Errno TakenErrno => Errno.EEXIST;

    /// <summary>Whether an object may have no name, and ends when nobody has it open: pipe(2).</summary>
    public virtual bool MayBeUnnamed => false;

    /// <summary>The name under which the directory lists an object: different names may lead to one object.</summary>
    public virtual string Normalize(string name) => name;

    /// <summary>
    /// Why the attributes of a new object are not valid; None: they are. Also sets the kind's part of the entry.
    /// </summary>
    public virtual Errno Describe(Get get, Stamp stamp, DirectoryEntry entry) => Errno.None;

    /// <summary>How much an object counts against a resource limit of its owner (getrlimit(2)), in bytes.</summary>
    public virtual long ChargeOf(DirectoryEntry entry) => 0;

    /// <summary>The highest sum of charges of the caller's objects: beyond it EMFILE.</summary>
    public virtual long ChargeBound(Get get, Stamp stamp) => long.MaxValue;
}
