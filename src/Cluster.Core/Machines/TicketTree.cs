namespace Cluster.Core.Machines;

/// <summary>
/// Waiters, each with a key. The tree finds the waiter with the lowest ticket among those whose key is at most, at
/// least, or equal to a bound, in O(log n). So a wake-up costs nearly the same with 10 waiters as with 10,000.
/// </summary>
/// <remarks>
/// A treap ordered by (key, ticket), in which every node knows the lowest ticket below it (Seidel and Aragon 1996 for
/// the treap). The priorities are a hash of the ticket, so equal inputs make equal trees. The links are fields of the
/// waiter, so the tree allocates nothing, and a waiter stands in one tree at most.
/// </remarks>
public sealed class TicketTree
{
    private Waiter? _root;

    /// <summary>The number of waiters.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a waiter at the place of its key and ticket.</summary>
    public void Add(Waiter waiter, long key)
    {
        if (waiter.InTree) throw new InvalidOperationException("the waiter stands in a tree already");
        waiter.InTree = true;
        waiter.TreeKey = key;
        waiter.TreePriority = Mix(waiter.Ticket);
        waiter.TreeLeft = waiter.TreeRight = null;
        waiter.TreeFirst = waiter;
        Split(_root, key, waiter.Ticket, out var left, out var right);
        _root = Merge(Merge(left, waiter), right);
        Count++;
    }

    /// <summary>Removes a waiter.</summary>
    public void Remove(Waiter waiter)
    {
        if (!waiter.InTree) throw new InvalidOperationException("the waiter does not stand in a tree");
        _root = Remove(_root, waiter);
        waiter.InTree = false;
        waiter.TreeLeft = waiter.TreeRight = waiter.TreeFirst = null;
        Count--;
    }

    /// <summary>Removes all waiters.</summary>
    public void Clear()
    {
        _root = null;
        Count = 0;
    }

    /// <summary>
    /// The waiter with the lowest ticket among those whose key is at least <paramref name="key"/>; null: none.
    /// </summary>
    public Waiter? FirstAtLeast(long key)
    {
        Waiter? first = null;
        for (var node = _root; node is not null;)
        {
            if (node.TreeKey >= key)
            {
                first = Earlier(first, Earlier(node, node.TreeRight?.TreeFirst));
                node = node.TreeLeft;
            }
            else
            {
                node = node.TreeRight;
            }
        }

        return first;
    }

    /// <summary>
    /// The waiter with the lowest ticket among those whose key is at most <paramref name="key"/>; null: none.
    /// </summary>
    public Waiter? FirstAtMost(long key)
    {
        Waiter? first = null;
        for (var node = _root; node is not null;)
        {
            if (node.TreeKey <= key)
            {
                first = Earlier(first, Earlier(node, node.TreeLeft?.TreeFirst));
                node = node.TreeRight;
            }
            else
            {
                node = node.TreeLeft;
            }
        }

        return first;
    }

    /// <summary>The waiter with the lowest ticket among those with a key; null: none.</summary>
    public Waiter? FirstAt(long key)
    {
        Waiter? found = null;
        for (var node = _root; node is not null;)
        {
            if (node.TreeKey == key) found = node;
            node = node.TreeKey >= key ? node.TreeLeft : node.TreeRight;
        }

        return found;
    }

    /// <summary>The waiter with the lower ticket. Null stands for no waiter.</summary>
    public static Waiter? Earlier(Waiter? one, Waiter? other)
    {
        if (one is null) return other;
        return other is null || one.Ticket < other.Ticket ? one : other;
    }

    private static void Update(Waiter node) =>
        node.TreeFirst = Earlier(node, Earlier(node.TreeLeft?.TreeFirst, node.TreeRight?.TreeFirst));

    private static bool Before(Waiter node, long key, ulong ticket) =>
        node.TreeKey < key || (node.TreeKey == key && node.Ticket < ticket);

    private static void Split(Waiter? node, long key, ulong ticket, out Waiter? left, out Waiter? right)
    {
        if (node is null)
        {
            left = right = null;
            return;
        }

        if (Before(node, key, ticket))
        {
            Split(node.TreeRight, key, ticket, out node.TreeRight, out right);
            left = node;
        }
        else
        {
            Split(node.TreeLeft, key, ticket, out left, out node.TreeLeft);
            right = node;
        }

        Update(node);
    }

    private static Waiter? Merge(Waiter? left, Waiter? right)
    {
        if (left is null) return right;
        if (right is null) return left;
        if (left.TreePriority > right.TreePriority)
        {
            left.TreeRight = Merge(left.TreeRight, right);
            Update(left);
            return left;
        }

        right.TreeLeft = Merge(left, right.TreeLeft);
        Update(right);
        return right;
    }

    private static Waiter? Remove(Waiter? node, Waiter waiter)
    {
        if (node is null) throw new InvalidOperationException("the waiter stands in another tree");
        if (ReferenceEquals(node, waiter)) return Merge(node.TreeLeft, node.TreeRight);
        if (Before(node, waiter.TreeKey, waiter.Ticket)) node.TreeRight = Remove(node.TreeRight, waiter);
        else node.TreeLeft = Remove(node.TreeLeft, waiter);
        Update(node);
        return node;
    }

    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
