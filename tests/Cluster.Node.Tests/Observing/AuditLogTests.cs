using System.Text.Json;
using Cluster.Node.Observing;
using Cluster.Node.Settings;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Cluster.Node.Tests.Observing;

/// <summary>The audit: a line an event, bounded, in a file of its owner.</summary>
public sealed class AuditLogTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("ipc-audit-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    private string File => Path.Combine(_directory, "audit.log");

    public void Dispose() => Directory.Delete(_directory, true);

    [Fact]
    public async Task An_event_is_a_line_of_JSON()
    {
        await using (var audit = Open())
            audit.Add("admitted", "a\n\"b\"", ("uid", 7u), ("pid", 3), ("reason", "text"), ("nothing", null));
        Assert.Equal(
            """{"time":"2026-01-02T03:04:05.000Z","event":"admitted","who":"a\n\"b\"","uid":7,"pid":3,"reason":"text"}""" + "\n",
            await System.IO.File.ReadAllTextAsync(File));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
    }

    [Fact]
    public async Task Lines_beyond_the_bound_are_counted()
    {
        await using (var audit = Open())
        {
            for (var i = 0; i < AuditLog.Burst + 20; i++) audit.Add("refused", $"{i}");
            _time.Advance(TimeSpan.FromSeconds(1));
            for (var i = 0; i < AuditLog.PerSecond + 5; i++) audit.Add("refused", "later");
            _time.Advance(TimeSpan.FromSeconds(1));
            audit.Add("refused", "last");
        }

        var lines = await System.IO.File.ReadAllLinesAsync(File);
        Assert.Equal(AuditLog.Burst + AuditLog.PerSecond + 1, lines.Length);
        Assert.Equal(20, Left(lines[AuditLog.Burst]));
        Assert.Equal(0, Left(lines[AuditLog.Burst + 1]));
        Assert.Equal(5, Left(lines[^1]));
    }

    [Fact]
    public async Task A_file_that_is_moved_away_begins_anew()
    {
        await using (var audit = Open())
        {
            audit.Add("admitted", "one");
            while (!System.IO.File.Exists(File) || new FileInfo(File).Length == 0) await Task.Yield();
            System.IO.File.Move(File, File + ".1");
            audit.Add("admitted", "two");
        }

        Assert.Contains("two", Assert.Single(await System.IO.File.ReadAllLinesAsync(File)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_harms_nobody()
    {
        await using var audit = new AuditLog(
            new NodeOptions { Audit = $"file:{_directory}/none/audit.log" }, NullLoggerFactory.Instance, _time);
        audit.Add("admitted", "one");
    }

    [Theory]
    [InlineData("", false, "none")]
    [InlineData("", true, "log")]
    [InlineData("none", true, "none")]
    [InlineData("log", false, "log")]
    public void A_node_that_trusts_its_callers_has_none_by_default(string given, bool knowsCallers, string expected) =>
        Assert.Equal(expected, new NodeOptions { Audit = given, TrustLoopback = !knowsCallers }.EffectiveAudit);

    private static long Left(string line) =>
        JsonDocument.Parse(line).RootElement.TryGetProperty("leftOutBefore", out var left) ? left.GetInt64() : 0;

    private AuditLog Open() => new(new NodeOptions { Audit = $"file:{File}" }, NullLoggerFactory.Instance, _time);
}
