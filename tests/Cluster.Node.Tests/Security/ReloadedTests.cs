using Cluster.Node.Security;
using Microsoft.Extensions.Time.Testing;

namespace Cluster.Node.Tests.Security;

/// <summary>Files are read again after they have changed, and what makes no sense changes nothing.</summary>
public sealed class ReloadedTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();
    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _told = [];

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void A_change_holds_after_a_second()
    {
        File.WriteAllText(_file, "one");
        var reloaded = Load();
        File.WriteAllText(_file, "three");
        Assert.Equal("one", reloaded.Current);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("three", reloaded.Current);
        Assert.Equal(["read"], _told);
    }

    [Fact]
    public void What_makes_no_sense_leaves_the_former_in_use_and_is_told_once()
    {
        File.WriteAllText(_file, "one");
        var reloaded = Load();
        File.WriteAllText(_file, "");
        for (var turn = 0; turn < 3; turn++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal("one", reloaded.Current);
        }

        Assert.Equal(["it is empty"], _told);
        File.WriteAllText(_file, "better");
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("better", reloaded.Current);
    }

    [Fact]
    public void A_file_that_is_removed_leaves_the_former_in_use()
    {
        File.WriteAllText(_file, "one");
        var reloaded = Load();
        File.Delete(_file);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("one", reloaded.Current);
        Assert.Single(_told);
    }

    private Reloaded<string> Load()
    {
        var reloaded = new Reloaded<string>(
            [_file], () => File.ReadAllText(_file) is { Length: > 0 } text ? text : throw new IOException("it is empty"),
            exception => _told.Add(exception?.Message ?? "read"), _time);
        reloaded.Load();
        return reloaded;
    }
}
