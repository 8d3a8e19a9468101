using Cluster.Core.Machines;
using Cluster.Core.Objects;
using Cluster.Protocol;

namespace Cluster.Core.Namespaces;

/// <summary>
/// A namespace: its children by name, and the limits that it sets itself. ipc_namespaces(7), with a hierarchy.
/// </summary>
/// <remarks>
/// A child has a number that is never given out twice, so the remains of a removed namespace cannot be taken for those
/// of a new namespace with the same name. A removal is a journalled intent until the child has confirmed. The child
/// destroys its own children and directories first, and each of them confirms. Only uid 0 may change a namespace.
/// </remarks>
public sealed partial class Namespace(EntityKey key) : Machine(key)
{
    /// <summary>The number of "/".</summary>
    public const ulong Root = 1;

    /// <summary>The largest number of children of one namespace.</summary>
    public const int ChildrenBound = 100_000;

    /// <summary>The longest name of one path segment, in characters.</summary>
    public const int NameLength = 255;

    // ---- state ----

    private readonly SortedDictionary<string, ulong> _children = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ChildAllocating> _allocating = [];
    private readonly Dictionary<string, ChildRemovalStarted> _removals = [];
    private readonly HashSet<EntityKey> _partsLeft = [];
    private readonly List<(Request Request, ulong Token)> _destroyers = [];
    private bool _destroying;

    // ---- decide ----

    protected override void Execute(Stamp stamp, Call call)
    {
        var (pid, seq) = (stamp.Pid, call.Seq);
        var writes = call.OpCase is Call.OpOneofCase.NamespaceCreate or Call.OpOneofCase.NamespaceRemove
            or Call.OpOneofCase.LimitsSet;
        if (_destroying) FailUnrecorded(pid, seq, Errno.EIDRM);
        else if (writes && stamp.Credentials.Uid != 0) FailRecorded(pid, seq, Errno.EPERM);
        else Decide(stamp, call);
    }

    private void Decide(Stamp stamp, Call call)
    {
        var (pid, seq) = (stamp.Pid, call.Seq);
        switch (call.OpCase)
        {
            case Call.OpOneofCase.NamespaceCreate:
                Create(pid, seq, call.NamespaceCreate.Name);
                break;
            case Call.OpOneofCase.NamespaceRemove:
                Remove(pid, seq, call.NamespaceRemove.Name);
                break;
            case Call.OpOneofCase.NamespaceList:
                var listing = new NamespaceListing();
                listing.Names.AddRange(_children.Keys);
                AnswerUnrecorded(pid, new Result { Seq = seq, NamespaceListing = listing });
                break;
            case Call.OpOneofCase.LimitsGet:
                AnswerUnrecorded(pid, new Result { Seq = seq, Limits = stamp.Limits.Clone() });
                break;
            case Call.OpOneofCase.LimitsSet:
                SetLimit(pid, seq, call.LimitsSet);
                break;
            default:
                FailUnrecorded(pid, seq, Errno.EINVAL);
                break;
        }
    }

    private void Create(int pid, ulong seq, string name)
    {
        if (!IsName(name)) FailUnrecorded(pid, seq, Errno.EINVAL);
        else if (_children.ContainsKey(name)) FailRecorded(pid, seq, Errno.EEXIST);
        else if (_allocating.TryGetValue(name, out var other))
        {
            if (other.Pid != pid || other.Seq != seq) FailRecorded(pid, seq, Errno.EEXIST);
        }
        else if (_children.Count + _allocating.Count >= ChildrenBound) FailRecorded(pid, seq, Errno.ENOSPC);
        else
        {
            Emit(new Event { ChildAllocating = new ChildAllocating { Pid = pid, Seq = seq, Name = name } });
            SendOutbox();
        }
    }

    private void Remove(int pid, ulong seq, string name)
    {
        if (!_children.ContainsKey(name)) FailRecorded(pid, seq, Errno.ENOENT);
        else if (_removals.TryGetValue(name, out var other))
        {
            if (other.Pid != pid || other.Seq != seq) FailRecorded(pid, seq, Errno.EBUSY);
        }
        else
        {
            Emit(new Event { ChildRemovalStarted = new ChildRemovalStarted { Pid = pid, Seq = seq, Name = name } });
            SendOutbox();
        }
    }

    protected override bool IsUnderWay(int pid, ulong seq) =>
        _allocating.Values.Any(call => call.Pid == pid && call.Seq == seq)
        || _removals.Values.Any(call => call.Pid == pid && call.Seq == seq);

    protected override void OnRequest(Request request, ulong token)
    {
        switch (request.BodyCase)
        {
            case Request.BodyOneofCase.LookupChild:
                if (!_destroying && _children.TryGetValue(request.LookupChild.Name, out var number))
                    Answer(token, request, Errno.None, reply => reply.LookedUp = new LookedUp { Number = number });
                else
                    Answer(token, request, Errno.ENOENT);
                break;
            case Request.BodyOneofCase.SubscribeLimits:
                OnSubscribe(request, token);
                break;
            case Request.BodyOneofCase.DestroyNamespace:
                if (!_destroying) Destroy();
                if (_partsLeft.Count == 0) Answer(token, request, Errno.None);
                else if (_destroyers.Count < 16) _destroyers.Add((request, token));
                SendOutbox();
                break;
            default:
                base.OnRequest(request, token);
                break;
        }
    }

    private void Destroy()
    {
        var waiting = _allocating.Values.Select(call => (call.Pid, call.Seq))
            .Concat(_removals.Values.Select(call => (call.Pid, call.Seq))).Order().ToArray();
        Emit(new Event { NamespaceDestroying = new NamespaceDestroying() });
        foreach (var (pid, seq) in waiting)
        {
            if (!Ledger.HasExited(pid)) FailRecorded(pid, seq, Errno.EIDRM);
        }
    }

    protected override void OnAnswer(Request request, Reply reply)
    {
        if (request.BodyCase == Request.BodyOneofCase.Allocate) OnAllocated(reply);
        else if (_partsLeft.Contains(reply.From)) OnPartDestroyed(reply);
        else OnChildDestroyed(reply);
        SendOutbox();
    }

    private void OnAllocated(Reply reply)
    {
        // One answer serves one child, and the event asks for the next number if more children wait.
        if (reply.Allocated is null) return;
        Outbox.Remove(AllocatorKey, Request.BodyOneofCase.Allocate);
        if (_allocating.Count == 0) return;
        var next = _allocating.Values.OrderBy(each => each.Name, StringComparer.Ordinal).First();
        Emit(new Event
        {
            ChildCreated = new ChildCreated { Name = next.Name, Number = (ulong)reply.Allocated.First },
        });
        if (!Ledger.HasExited(next.Pid)) Release(next.Pid, next.Seq);
    }

    private void OnPartDestroyed(Reply reply)
    {
        Emit(new Event { PartDestroyed = new PartDestroyed { Part = reply.From } });
        if (_partsLeft.Count > 0) return;
        foreach (var (request, token) in _destroyers) Answer(token, request, Errno.None);
        _destroyers.Clear();
    }

    private void OnChildDestroyed(Reply reply)
    {
        foreach (var (name, removal) in _removals.ToArray())
        {
            if (_children[name] != reply.From.Namespace) continue;
            Emit(new Event { ChildRemoved = new ChildRemoved { Name = name } });
            if (!Ledger.HasExited(removal.Pid)) Release(removal.Pid, removal.Seq);
        }
    }

    /// <summary>
    /// Whether a name can be one segment of a path: letters, digits, "-", "_" and ".", but not "." or "..".
    /// </summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= NameLength && name is not "." and not ".."
        && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');

    // ---- apply ----

    protected override void ApplyFact(Event fact)
    {
        switch (fact.FactCase)
        {
            case Event.FactOneofCase.ChildAllocating:
                _allocating.Add(fact.ChildAllocating.Name, fact.ChildAllocating);
                Outbox.Add(AllocateOne());
                break;
            case Event.FactOneofCase.ChildCreated:
                Apply(fact.ChildCreated);
                break;
            case Event.FactOneofCase.ChildRemovalStarted:
                _removals.Add(fact.ChildRemovalStarted.Name, fact.ChildRemovalStarted);
                Outbox.Add(Destroy(KeyOf(_children[fact.ChildRemovalStarted.Name])));
                break;
            case Event.FactOneofCase.ChildRemoved:
                Apply(fact.ChildRemoved);
                break;
            case Event.FactOneofCase.LimitChanged:
                Apply(fact.LimitChanged);
                break;
            case Event.FactOneofCase.NamespaceDestroying:
                ApplyDestroying();
                break;
            case Event.FactOneofCase.PartDestroyed:
                _partsLeft.Remove(fact.PartDestroyed.Part);
                Outbox.Remove(fact.PartDestroyed.Part, Destroy(fact.PartDestroyed.Part).BodyCase);
                break;
            default:
                throw UnknownFact(fact);
        }
    }

    private void Apply(ChildCreated created)
    {
        _children.Add(created.Name, created.Number);
        Outbox.Remove(AllocatorKey, Request.BodyOneofCase.Allocate);
        if (_allocating.Remove(created.Name, out var call) && !Ledger.HasExited(call.Pid))
            ApplyCompleted(call.Pid, new Result { Seq = call.Seq });
        if (_allocating.Count > 0) Outbox.Add(AllocateOne());
    }

    private void Apply(ChildRemoved removed)
    {
        if (_children.Remove(removed.Name, out var number))
            Outbox.Remove(KeyOf(number), Request.BodyOneofCase.DestroyNamespace);
        if (_removals.Remove(removed.Name, out var call) && !Ledger.HasExited(call.Pid))
            ApplyCompleted(call.Pid, new Result { Seq = call.Seq });
    }

    private void ApplyDestroying()
    {
        _destroying = true;
        _allocating.Clear();
        _removals.Clear();
        Outbox.Clear();
        foreach (var child in _children.Values) _partsLeft.Add(KeyOf(child));
        foreach (var kind in ObjectKinds.All)
            _partsLeft.Add(new EntityKey { Kind = Kind.Directory, Namespace = Key.Namespace, Id = (long)kind.Kind });
        _partsLeft.Add(new EntityKey { Kind = Kind.ProcessTable, Namespace = Key.Namespace });
        foreach (var part in _partsLeft) Outbox.Add(Destroy(part));
    }

    private static Request Destroy(EntityKey part) => part.Kind is Kind.Directory or Kind.ProcessTable
        ? new Request { To = part, DestroyDirectory = new DestroyDirectory() }
        : new Request { To = part, DestroyNamespace = new DestroyNamespace() };

    private static Request AllocateOne() => new() { To = AllocatorKey, Allocate = new Allocate { Count = 1 } };

    private static EntityKey AllocatorKey => Allocator.KeyOf(Kind.Namespace);

    private static EntityKey KeyOf(ulong number) => new() { Kind = Kind.Namespace, Namespace = number };

    // ---- snapshot ----

    protected override void SaveState(Snapshot snapshot)
    {
        var state = new NamespaceState { Destroying = _destroying };
        foreach (var (name, number) in _children) state.Children.Add(name, number);
        SaveLimits(state);
        state.Allocating.AddRange(_allocating.Values.OrderBy(each => each.Name, StringComparer.Ordinal));
        state.Removals.AddRange(_removals.Values.OrderBy(each => each.Name, StringComparer.Ordinal));
        state.PartsLeft.AddRange(_partsLeft.OrderBy(part => (part.Kind, part.Namespace)));
        snapshot.Namespace = state.Clone();
    }

    protected override void LoadState(Snapshot snapshot)
    {
        var state = snapshot.Namespace;
        _children.Clear();
        _allocating.Clear();
        _removals.Clear();
        _partsLeft.Clear();
        foreach (var (name, number) in state.Children) _children.Add(name, number);
        LoadLimits(state);
        foreach (var each in state.Allocating) _allocating.Add(each.Name, each);
        foreach (var each in state.Removals)
        {
            _removals.Add(each.Name, each);
            Outbox.Add(Destroy(KeyOf(_children[each.Name])));
        }

        if (_allocating.Count > 0) Outbox.Add(AllocateOne());
        foreach (var part in state.PartsLeft)
        {
            _partsLeft.Add(part);
            Outbox.Add(Destroy(part));
        }

        _destroying = state.Destroying;
    }
}
