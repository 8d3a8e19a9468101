using Cluster.Actors.Membership.Links;

namespace Cluster.Actors.Tests.Membership;

/// <summary>Which member goes when two members do not hear each other. Members are numbered by age.</summary>
public sealed class BrokenLinksTests
{
    private const int Patience = 2;

    [Fact]
    public void Of_two_members_that_do_not_hear_each_other_the_younger_goes() =>
        Assert.Equal([2], Goes(3, self: 1, (0, 2), (2, 0)));

    [Fact]
    public void One_report_is_enough_because_the_resolver_would_end_both() =>
        Assert.Equal([1], Goes(3, self: 2, (1, 0)));

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void An_end_of_the_link_does_not_decide(int self) => Assert.Empty(Goes(3, self, (0, 2), (2, 0)));

    [Fact]
    public void Only_the_oldest_member_without_a_broken_link_decides()
    {
        Assert.Equal([4], Goes(5, self: 0, (3, 4)));
        foreach (var self in new[] { 1, 2, 3, 4 }) Assert.Empty(Goes(5, self, (3, 4)));
    }

    [Fact]
    public void The_member_with_most_broken_links_goes_even_if_it_is_the_oldest() =>
        Assert.Equal([0], Goes(5, self: 2, (0, 4), (0, 3), (1, 0)));

    [Fact]
    public void Two_separate_links_cost_two_members() =>
        Assert.Equal([2, 4], Goes(5, self: 0, (1, 2), (3, 4)).Order());

    [Fact]
    public void Nobody_goes_if_a_majority_would_not_stay() =>
        Assert.Empty(Goes(6, self: 0, (1, 2), (2, 3), (1, 3), (3, 4), (4, 5), (3, 5)));

    [Fact]
    public void A_node_that_nobody_hears_is_left_to_the_resolver()
    {
        var links = new BrokenLinks(Patience);
        for (var turn = 0; turn < 5; turn++)
        {
            // Node 2 is stopped and reports nothing.
            links.Hear(0, [2]);
            links.Hear(1, [2]);
            Assert.Empty(links.Turn(1, [0, 1, 2]));
        }
    }

    [Fact]
    public void A_node_that_became_silent_after_its_report_is_left_to_the_resolver()
    {
        var links = new BrokenLinks(Patience);
        links.Hear(2, []);
        var going = new List<BrokenLink>();
        for (var turn = 0; turn < 6; turn++)
        {
            links.Hear(0, turn < 2 ? [] : [2]);
            links.Hear(1, []);
            going.AddRange(links.Turn(1, [0, 1, 2]));
        }

        Assert.Empty(going);
    }

    [Fact]
    public void A_member_that_loses_its_link_to_all_others_is_left_to_the_resolver() =>
        Assert.Empty(Goes(3, self: 1, (0, 2), (1, 2), (2, 0), (2, 1)));

    [Fact]
    public void A_doubt_of_one_turn_costs_nobody()
    {
        var links = new BrokenLinks(Patience);
        for (var turn = 0; turn < 6; turn++)
        {
            links.Hear(0, int.IsEvenInteger(turn) ? [2] : []);
            links.Hear(1, []);
            links.Hear(2, []);
            Assert.Empty(links.Turn(1, [0, 1, 2]));
        }
    }

    [Fact]
    public void A_link_that_breaks_later_is_awaited()
    {
        var links = new BrokenLinks(Patience);
        Assert.Empty(Turn(links, 5, self: 2, (0, 1)));
        // The choice for both links together costs one member, and for each alone two.
        Assert.Empty(Turn(links, 5, self: 2, (0, 1), (0, 4)));
        Assert.Equal([0], Turn(links, 5, self: 2, (0, 1), (0, 4)));
    }

    [Fact]
    public void Reports_from_before_a_pause_do_not_count()
    {
        var links = new BrokenLinks(Patience);
        Assert.Empty(Turn(links, 3, self: 1, (0, 2)));
        links.Clear();
        Assert.Empty(Turn(links, 3, self: 1, (0, 2)));
        Assert.Equal([2], Turn(links, 3, self: 1, (0, 2)));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Whatever_is_broken_the_members_that_stay_hear_each_other_and_are_a_majority(int count)
    {
        var random = new Random(count);
        var decided = 0;
        for (var run = 0; run < 2_000; run++)
        {
            var broken = (from one in Enumerable.Range(0, count)
                          from other in Enumerable.Range(0, count)
                          where one != other && random.Next(6) == 0
                          select (one, other)).ToArray();
            var deciders = Enumerable.Range(0, count).Select(self => Goes(count, self, broken))
                .Where(going => going.Count > 0).ToList();
            if (deciders.Count == 0) continue;
            decided++;
            var going = Assert.Single(deciders);
            Assert.True(2 * (count - going.Count) > count);
            Assert.DoesNotContain(broken, link => !going.Contains(link.one) && !going.Contains(link.other));
        }

        Assert.True(decided > 100);
    }

    private static List<int> Goes(int count, int self, params (int From, int To)[] unheard)
    {
        var links = new BrokenLinks(Patience);
        for (var turn = 1; turn < Patience; turn++) Assert.Empty(Turn(links, count, self, unheard));
        return Turn(links, count, self, unheard);
    }

    private static List<int> Turn(BrokenLinks links, int count, int self, params (int From, int To)[] unheard)
    {
        for (var uid = 0; uid < count; uid++)
            links.Hear(uid, [.. unheard.Where(one => one.From == uid).Select(one => one.To)]);
        return [.. links.Turn(self, [.. Enumerable.Range(0, count)]).Select(link => link.Goes)];
    }
}
