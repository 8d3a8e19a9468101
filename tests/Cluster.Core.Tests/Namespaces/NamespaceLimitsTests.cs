using Cluster.Protocol;

namespace Cluster.Core.Tests.Namespaces;

/// <summary>The ranges of the limits of a namespace, and the error texts of values outside them.</summary>
public sealed class NamespaceLimitsTests
{
    [Theory]
    [InlineData("msgmax", 0, 16_777_216)]
    [InlineData("msgmnb", 0, int.MaxValue)]
    [InlineData("msgmni", 0, 16_777_216)]
    [InlineData("semmsl", int.MinValue, int.MaxValue)]
    [InlineData("semmns", int.MinValue, int.MaxValue)]
    [InlineData("semopm", int.MinValue, 4_096)]
    [InlineData("semmni", 0, 16_777_216)]
    [InlineData("shmmni", 0, 16_777_216)]
    public void A_limit_has_the_range_that_its_error_names(string name, long lowest, long highest)
    {
        var row = LimitRow.Find(name)!;
        Assert.True(row.IsValid(lowest));
        Assert.True(row.IsValid(highest));
        Assert.False(row.IsValid(lowest - 1));
        Assert.False(row.IsValid(highest + 1));
        Assert.Equal($"it has to be from {lowest} to {highest}", row.Invalid.Describe($"sysctl({name})"));
    }

    [Theory]
    [InlineData("shmmax")]
    [InlineData("shmall")]
    public void An_unsigned_limit_takes_all_64_bits(string name)
    {
        var row = LimitRow.Find(name)!;
        Assert.True(row.IsValid(-1));
        Assert.True(row.IsValid(long.MaxValue));
        var limits = new Limits();
        row.Set(limits, -1);
        Assert.Equal(-1, row.Get(limits));
        Assert.Equal(ulong.MaxValue, name == "shmmax" ? limits.Shmmax : limits.Shmall);
    }

    [Fact]
    public void The_error_names_the_range_of_a_semaphore()
    {
        Assert.Equal("a value has to be from 0 to 32767", Errno.ERANGE.Describe("semctl(SETVAL)"));
        Assert.Equal("a value, or what is to be undone, would pass 32767", Errno.ERANGE.Describe("semop"));
    }

    [Fact]
    public void An_unknown_limit_is_refused()
    {
        Assert.Null(LimitRow.Find("shmmin"));
        Assert.Equal("invalid argument", Errno.EINVAL.Describe("sysctl(shmmin)"));
    }
}
