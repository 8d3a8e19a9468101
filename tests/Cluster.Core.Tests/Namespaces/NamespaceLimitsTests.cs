using Cluster.Core.Namespaces;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Namespaces;

/// <summary>What the limits of a namespace may be, and what is said of a value that they may not have.</summary>
public sealed class NamespaceLimitsTests
{
    [Theory]
    [InlineData("msgmax", 16_777_216)]
    [InlineData("msgmnb", int.MaxValue)]
    [InlineData("msgmni", 16_777_216)]
    [InlineData("semmsl", 65_536)]
    [InlineData("semmns", int.MaxValue)]
    [InlineData("semopm", 4_096)]
    [InlineData("semmni", 16_777_216)]
    [InlineData("shmmni", 16_777_216)]
    public void A_limit_ends_where_its_error_says(string name, long highest)
    {
        Assert.True(NamespaceLimits.IsValid(name, 0));
        Assert.True(NamespaceLimits.IsValid(name, highest));
        Assert.False(NamespaceLimits.IsValid(name, -1));
        Assert.False(NamespaceLimits.IsValid(name, highest + 1));
        Assert.Equal(
            $"it has to be from 0 to {highest}", NamespaceLimits.WhyNot(name).Describe($"sysctl({name})"));
    }

    [Theory]
    [InlineData("shmmax")]
    [InlineData("shmall")]
    public void All_64_bits_are_a_number_of_bytes_or_pages(string name)
    {
        Assert.True(NamespaceLimits.IsValid(name, -1));
        Assert.True(NamespaceLimits.IsValid(name, long.MaxValue));
    }

    [Fact]
    public void A_range_is_told_of_the_values_of_semaphores_too()
    {
        Assert.Equal("a value has to be from 0 to 32767", Errno.ERANGE.Describe("semctl(SETVAL)"));
        Assert.Equal("a value, or what is to be undone, would pass 32767", Errno.ERANGE.Describe("semop"));
    }

    [Fact]
    public void There_are_no_other_limits()
    {
        Assert.False(NamespaceLimits.IsValid("shmmin", 1));
        Assert.Equal("invalid argument", Errno.EINVAL.Describe("sysctl(shmmin)"));
    }
}
