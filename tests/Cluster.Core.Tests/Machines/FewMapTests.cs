using Cluster.Core.Machines;
using CsCheck;

namespace Cluster.Core.Tests.Machines;

public class FewMapTests
{
    private FewMap<string, int> _map;

    [Fact]
    public void An_empty_map_has_no_entry()
    {
        Assert.Equal(0, _map.Count);
        Assert.False(_map.TryGetValue("a", out _));
        Assert.False(_map.ContainsKey("a"));
        Assert.False(_map.Remove("a"));
        Assert.Empty(_map.Entries);
    }

    [Fact]
    public void A_map_takes_a_key_once()
    {
        Assert.True(_map.TryAdd("a", 1));
        Assert.False(_map.TryAdd("a", 2));
        Assert.True(_map.TryAdd("b", 2));
        Assert.False(_map.TryAdd("a", 3));
        Assert.False(_map.TryAdd("b", 3));
        Assert.Equal([1, 2], _map.Values.Order());
    }

    [Fact]
    public void A_value_can_be_replaced()
    {
        _map["a"] = 1;
        _map["a"] = 2;
        Assert.Equal([2], _map.Values);
        _map["b"] = 3;
        _map["a"] = 4;
        Assert.Equal([3, 4], _map.Values.Order());
    }

    [Fact]
    public void Remove_returns_the_removed_value()
    {
        _map["a"] = 1;
        Assert.False(_map.Remove("b", out _));
        Assert.True(_map.Remove("a", out var value));
        Assert.Equal(1, value);
        Assert.Equal(0, _map.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(9)]
    public void Entries_can_be_removed_during_an_enumeration(int count)
    {
        for (var i = 0; i < count; i++) _map[$"{i}"] = i;
        var seen = 0;
        foreach (var key in _map.Keys)
        {
            Assert.True(_map.Remove(key));
            seen++;
        }

        Assert.Equal(count, seen);
        Assert.Equal(0, _map.Count);
    }

    /// <summary>The map behaves as a Dictionary under random operations.</summary>
    [Fact]
    public void A_map_behaves_as_a_dictionary() =>
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 3], Gen.Int).List[0, 40].Sample(steps =>
        {
            var map = default(FewMap<int, int>);
            var model = new Dictionary<int, int>();
            foreach (var (step, key, value) in steps)
            {
                if (step == 0) Assert.Equal(model.TryAdd(key, value), map.TryAdd(key, value));
                else if (step == 1) map[key] = model[key] = value;
                else Assert.Equal(model.Remove(key), map.Remove(key));
                Assert.Equal(model.Count, map.Count);
                Assert.Equal(model.OrderBy(pair => pair.Key), map.Entries.OrderBy(pair => pair.Key));
                for (var each = 0; each <= 3; each++) Assert.Equal(model.ContainsKey(each), map.ContainsKey(each));
            }
        });

    [Fact]
    public void Any_is_an_entry_of_the_map()
    {
        FewMap<int, string> map = default;
        Assert.Null(map.Any);
        map.TryAdd(1, "one");
        Assert.Equal("one", map.Any);
        map.TryAdd(2, "two");
        map.Remove(1);
        Assert.Equal("two", map.Any);
        map.Remove(2);
        Assert.Null(map.Any);
    }
}
