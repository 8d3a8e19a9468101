using Cluster.Protocol;

namespace Cluster.Client.Tests.Client;

/// <summary>The public limits have every limit of the wire.</summary>
public sealed class NamespaceLimitsTests
{
    [Fact]
    public void Every_limit_of_the_wire_is_a_property()
    {
        var wire = new Limits();
        var value = 0L;
        foreach (var row in LimitRow.All) row.Set(wire, ++value);
        var limits = NamespaceLimits.From(wire);
        var shown = typeof(NamespaceLimits).GetProperties()
            .ToDictionary(property => property.Name.ToLowerInvariant(), property => $"{property.GetValue(limits)}");
        Assert.Equal(LimitRow.All.ToDictionary(row => row.Name.Replace("_", "", StringComparison.Ordinal), row => $"{row.Get(wire)}"), shown);
        Assert.Equal(wire, limits.ToWire());
    }

    [Fact]
    public void A_copy_with_another_value_leaves_the_first_as_it_was()
    {
        var limits = new NamespaceLimits { Msgmax = 1, Shmall = ulong.MaxValue };
        var other = limits with { Msgmax = 2 };
        Assert.Equal((1, 2, ulong.MaxValue), (limits.Msgmax, other.Msgmax, other.Shmall));
        Assert.Equal(limits, other with { Msgmax = 1 });
        Assert.NotEqual(limits, other);
    }
}
