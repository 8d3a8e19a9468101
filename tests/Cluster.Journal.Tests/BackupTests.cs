using Cluster.Journal.Inspection;

namespace Cluster.Journal.Tests;

public sealed class BackupTests : IDisposable
{
    private readonly TestJournal _journal = new();

    public void Dispose() => _journal.Dispose();

    [Fact]
    public void A_copy_of_a_running_journal_has_all_of_it_and_is_the_owners()
    {
        _journal.Start().Records("1/1/0", 1, "a").Compact().Records("1/1/0", 2, "b");
        var copy = _journal.Beside("copy.db");
        JournalBackup.Make(_journal.Place, copy);
        _journal.Records("1/1/0", 3, "after");
        using (var snapshot = JournalSnapshot.Open(JournalPlace.OfFile(copy)))
        {
            var report = JournalReport.Of(snapshot, CancellationToken.None);
            Assert.Empty(report.Faults);
            Assert.Equal((1L, 2L), (report.Entities, report.Records));
        }

        Assert.Equal(3, _journal.Verify().Records);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(copy));
        Assert.False(File.Exists(copy + ".part"));
    }

    [Fact]
    public void A_file_that_is_there_is_not_replaced()
    {
        _journal.Start().Records("1/1/0", 1, "a");
        var copy = _journal.Beside("copy.db");
        File.WriteAllText(copy, "mine");
        Assert.Throws<IOException>(() => JournalBackup.Make(_journal.Place, copy));
        Assert.Equal("mine", File.ReadAllText(copy));
    }

    [Fact]
    public void Nothing_is_left_of_a_copy_that_cannot_be_made()
    {
        _journal.Sql("CREATE TABLE other (n INTEGER)");
        Assert.Throws<JournalUnreadableException>(() => JournalBackup.Make(_journal.Place, _journal.Beside("copy.db")));
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(_journal.File)!, "copy*"));
    }

    [Theory]
    [InlineData("sqlite:/a/b.db", "sqlite /a/b.db")]
    [InlineData("/a/b.db", "sqlite /a/b.db")]
    [InlineData("postgres://u:secret@h:5433/d", "postgresql h:5433/d")]
    [InlineData("Host=h;Username=u;Password=secret;Database=d", "postgresql h:5432/d")]
    public void A_place_is_described_without_its_password(string text, string described) =>
        Assert.Equal(described, JournalPlace.Parse(text).ToString());

    [Theory]
    [InlineData("sqlite:")]
    [InlineData("mysql://u:secret@h/d")]
    [InlineData("postgres://u:secret@h:port/d")]
    public void A_place_that_makes_no_sense_is_refused_without_its_password(string text) => Assert.DoesNotContain(
        "secret", Assert.Throws<ArgumentException>(() => JournalPlace.Parse(text)).Message, StringComparison.Ordinal);
}
