using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Objects.MessageQueues;

/// <summary>The waiting receivers, found by the type of the message that they would take.</summary>
/// <remarks>A struct, because in most queues nobody waits. Use it as a field that is not readonly.</remarks>
public struct ReceiverLine
{
    private TicketTree? _atMost; // msgtyp <= 0: 0 takes any type, -n takes the types up to n
    private TicketTree? _exact;
    private TicketTree? _except; // MSG_EXCEPT

    /// <summary>The number of receivers in line.</summary>
    public readonly int Count => (_atMost?.Count ?? 0) + (_exact?.Count ?? 0) + (_except?.Count ?? 0);

    /// <summary>Adds a receiver at the place of its ticket.</summary>
    public void Add(Receiver receiver)
    {
        var (tree, key) = PlaceOf(receiver);
        tree.Add(receiver, key);
    }

    /// <summary>Removes a receiver, if it is in line.</summary>
    public void Remove(Receiver receiver)
    {
        if (receiver.InTree) PlaceOf(receiver).Tree.Remove(receiver);
    }

    /// <summary>Removes all receivers.</summary>
    public void Clear() => this = default;

    /// <summary>The first receiver in line that would take a message of a type; null: there is none.</summary>
    public readonly Receiver? FirstFor(long type)
    {
        Waiter? first = null;
        if (_atMost is { Count: > 0 }) first = _atMost.FirstAtLeast(type);
        if (_exact is { Count: > 0 }) first = TicketTree.Earlier(first, _exact.FirstAt(type));
        if (_except is { Count: > 0 })
        {
            if (type > long.MinValue) first = TicketTree.Earlier(first, _except.FirstAtMost(type - 1));
            if (type < long.MaxValue) first = TicketTree.Earlier(first, _except.FirstAtLeast(type + 1));
        }

        return (Receiver?)first;
    }

    private (TicketTree Tree, long Key) PlaceOf(Receiver receiver)
    {
        if (receiver.Type == 0) return (_atMost ??= new(), long.MaxValue);
        if (receiver.Type < 0) return (_atMost ??= new(), MessageStore.AtMost(receiver.Type));
        return ((receiver.Flags & IpcFlags.MSG_EXCEPT) != 0 ? _except ??= new() : _exact ??= new(), receiver.Type);
    }
}
