using Cluster.Protocol;

namespace Cluster.Core.Objects.MessageQueues;

/// <summary>Messages by type, and by age in each type. Every choice of msgrcv(2) costs O(log types).</summary>
/// <remarks>A struct, because most queues hold no message. Use it as a field that is not readonly.</remarks>
internal struct TypeIndex
{
    private static readonly Comparer<TypeList> HeadOrder =
        Comparer<TypeList>.Create((one, other) => one.HeadSerial.CompareTo(other.HeadSerial));

    // The one type of all messages; null: there are none, or _types is used.
    private TypeList? _only;
    private Types? _types;    // all types, from the moment of a second type until there is no message

    /// <summary>The message that msgrcv(2) takes for a type and flags (MSG_EXCEPT); null: none.</summary>
    public readonly QueuedMessage? Choose(long type, int flags)
    {
        var except = (flags & IpcFlags.MSG_EXCEPT) != 0;
        if (_types is null) return _only?.IsWanted(type, except) is true ? _only.Head : null;
        if (type == 0) return _types.ByHead.Min!.Head;
        if (type < 0)
        {
            var lowest = _types.Lowest();
            return lowest.Type <= MessageStore.AtMost(type) ? lowest.Head : null;
        }

        if (!except) return _types.ByType.TryGetValue(type, out var list) ? list.Head : null;
        foreach (var each in _types.ByHead)
        {
            if (each.Type != type) return each.Head;
        }

        return null;
    }

    /// <summary>Adds a message at the place of its serial number among those of its type.</summary>
    public void Add(QueuedMessage message)
    {
        if (ListOf(message.Type) is not { } list)
        {
            Add(new TypeList(message));
            return;
        }

        if (message.Serial > list.Tail.Serial)
        {
            message.PreviousOfType = list.Tail;
            list.Tail = list.Tail.NextOfType = message;
            return;
        }

        var next = list.Head;
        while (next.Serial < message.Serial) next = next.NextOfType!;
        message.NextOfType = next;
        message.PreviousOfType = next.PreviousOfType;
        next.PreviousOfType = message;
        if (message.PreviousOfType is null) MoveHead(list, message);
        else message.PreviousOfType.NextOfType = message;
    }

    /// <summary>Removes a message.</summary>
    public void Remove(QueuedMessage message)
    {
        var list = ListOf(message.Type)!;
        var (previous, next) = (message.PreviousOfType, message.NextOfType);
        message.PreviousOfType = message.NextOfType = null;
        if (next is null && previous is null)
        {
            Remove(list);
            return;
        }

        if (next is null) list.Tail = previous!;
        else next.PreviousOfType = previous;
        if (previous is null) MoveHead(list, next!);
        else previous.NextOfType = next;
    }

    private TypeList? ListOf(long type) =>
        _types is not null ? _types.ByType.GetValueOrDefault(type) : _only?.Type == type ? _only : null;

    private void Add(TypeList list)
    {
        if (_only is null && _types is null)
        {
            _only = list;
            return;
        }

        if (_types is null) (_types = new Types()).Add(_only!);
        _only = null;
        _types.Add(list);
    }

    private void Remove(TypeList list)
    {
        _only = null;
        if (_types is null) return;
        _types.Remove(list);
        if (_types.ByType.Count == 0) _types = null;
    }

    private void MoveHead(TypeList list, QueuedMessage head)
    {
        if (_types is null || _types.ByHead.Count == 1)
        {
            list.Head = head; // the only type, so its place among the types cannot change
            return;
        }

        _types.ByHead.Remove(list);
        list.Head = head;
        _types.ByHead.Add(list);
    }

    private sealed class TypeList(QueuedMessage message)
    {
        public readonly long Type = message.Type;
        public QueuedMessage Head = message;
        public QueuedMessage Tail = message;

        public ulong HeadSerial => Head.Serial;

        /// <summary>Whether msgrcv(2) with this msgtyp takes messages of the type.</summary>
        public bool IsWanted(long type, bool except) => type switch
        {
            0 => true,
            < 0 => Type <= MessageStore.AtMost(type),
            _ => Type == type != except,
        };
    }

    private sealed class Types
    {
        public readonly SortedDictionary<long, TypeList> ByType = [];
        public readonly SortedSet<TypeList> ByHead = new(HeadOrder);

        public void Add(TypeList list)
        {
            ByType.Add(list.Type, list);
            ByHead.Add(list);
        }

        public void Remove(TypeList list)
        {
            ByHead.Remove(list);
            ByType.Remove(list.Type);
        }

        public TypeList Lowest()
        {
            using var types = ByType.GetEnumerator();
            types.MoveNext();
            return types.Current.Value;
        }
    }
}
