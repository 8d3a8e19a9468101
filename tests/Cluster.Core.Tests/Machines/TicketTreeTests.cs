using Cluster.Core.Machines;
using Cluster.Protocol;
using CsCheck;

namespace Cluster.Core.Tests.Machines;

/// <summary>The tree finds the waiters that a search through a list finds.</summary>
public sealed class TicketTreeTests
{
    private static readonly long[] Keys = [long.MinValue, -2, -1, 0, 1, 2, 3, long.MaxValue];

    private static readonly Gen<(int What, long Key)[]> Operations =
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, Keys.Length - 1].Select(at => Keys[at])).Array[0, 120];

    [Fact]
    public void The_tree_finds_the_waiters_that_a_list_finds() => Operations.Sample(Agree, iter: 2_000);

    [Fact]
    public void An_empty_tree_finds_no_waiter()
    {
        var tree = new TicketTree();
        Assert.Null(tree.FirstAtLeast(long.MinValue));
        Assert.Null(tree.FirstAtMost(long.MaxValue));
        Assert.Null(tree.FirstAt(0));
    }

    [Fact]
    public void The_tree_refuses_a_waiter_that_it_has()
    {
        var (tree, other, waiter) = (new TicketTree(), new TicketTree(), new Standing(1));
        Assert.Throws<InvalidOperationException>(() => tree.Remove(waiter));
        tree.Add(waiter, 1);
        Assert.Throws<InvalidOperationException>(() => other.Add(waiter, 1));
        tree.Remove(waiter);
        other.Add(waiter, 1);
        Assert.Equal(1, other.Count);
    }

    // Operation 0 and 1 add, 2 removes one that the key points to. Tickets come in no order.
    private static bool Agree((int What, long Key)[] operations)
    {
        var tree = new TicketTree();
        List<(Standing Waiter, long Key)> list = [];
        ulong next = 0;
        foreach (var (what, key) in operations)
        {
            if (what < 2)
            {
                var waiter = new Standing(next++ * 7_919 % 104_729);
                tree.Add(waiter, key);
                list.Add((waiter, key));
            }
            else if (list.Count > 0)
            {
                var at = (int)((ulong)key % (ulong)list.Count);
                tree.Remove(list[at].Waiter);
                list.RemoveAt(at);
            }

            if (!Same(tree, list)) return false;
        }

        return true;
    }

    private static bool Same(TicketTree tree, List<(Standing Waiter, long Key)> list)
    {
        foreach (var bound in Keys)
        {
            if (tree.FirstAtLeast(bound) != First(list, key => key >= bound)) return false;
            if (tree.FirstAtMost(bound) != First(list, key => key <= bound)) return false;
            if (tree.FirstAt(bound) != First(list, key => key == bound)) return false;
        }

        return tree.Count == list.Count;
    }

    private static Waiter? First(List<(Standing Waiter, long Key)> list, Func<long, bool> wanted) =>
        list.Where(each => wanted(each.Key)).Select(each => each.Waiter).MinBy(waiter => waiter.Ticket);

    private sealed class Standing(ulong ticket) : Waiter(1, ticket, ticket, 0, new Credentials());
}
