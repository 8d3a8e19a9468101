using Cluster.Cli.CommandLine;

namespace Cluster.Cli.Tests;

public sealed class ParsingTests
{
    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("10s", 10_000)]
    [InlineData("2m", 120_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("7", 7_000)]
    [InlineData("0.5", 500)]
    [InlineData("1.5s", 1_500)]
    [InlineData("0", 0)]
    public void Valid_durations_are_parsed(string text, double ms)
    {
        Assert.True(Parsing.TryDuration(text, out var value));
        Assert.Equal(TimeSpan.FromMilliseconds(ms), value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("ms")]
    [InlineData("-1s")]
    [InlineData("1d")]
    [InlineData("1 s")]
    [InlineData("1e9")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("99999999999999999999h")]
    public void Invalid_durations_are_refused(string text) => Assert.False(Parsing.TryDuration(text, out _));

    [Theory]
    [InlineData("0644", 0x1A4)]
    [InlineData("600", 0x180)]
    [InlineData("00777", 0x1FF)]
    [InlineData("0", 0)]
    public void Valid_modes_are_parsed(string text, int mode)
    {
        Assert.True(Parsing.TryMode(text, out var value));
        Assert.Equal(mode, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("888")]
    [InlineData("1777")]
    [InlineData("rw")]
    [InlineData("-644")]
    public void Invalid_modes_are_refused(string text) => Assert.False(Parsing.TryMode(text, out _));

    [Theory]
    [InlineData("42", 42)]
    [InlineData("0x2a", 42)]
    [InlineData("0XFFFFFFFE", -2)]
    [InlineData("-2", -2)]
    [InlineData("4294967294", -2)]
    [InlineData("0", 0)]
    public void Valid_keys_are_parsed(string text, int key)
    {
        Assert.True(Parsing.TryKey(text, out var value));
        Assert.Equal(key, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0x")]
    [InlineData("0x1ffffffff")]
    [InlineData("4294967296")]
    [InlineData("key")]
    public void Invalid_keys_are_refused(string text) => Assert.False(Parsing.TryKey(text, out _));

    [Theory]
    [InlineData("/", "/")]
    [InlineData("/prod", "/prod")]
    [InlineData("/prod/payments/", "/prod/payments")]
    public void Valid_paths_are_parsed(string text, string path)
    {
        Assert.True(Parsing.TryPath(text, out var value));
        Assert.Equal(path, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("prod")]
    [InlineData("//")]
    [InlineData("/prod//payments")]
    public void Invalid_paths_are_refused(string text) => Assert.False(Parsing.TryPath(text, out _));

    [Fact]
    public void Groups_are_parsed()
    {
        Assert.True(Parsing.TryGroups("4, 27", out var groups));
        Assert.Equal([4u, 27u], groups);
        Assert.False(Parsing.TryGroups("4,x", out _));
    }
}
