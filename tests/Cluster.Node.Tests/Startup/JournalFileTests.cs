using Cluster.Node.Settings;
using Cluster.Node.Startup;
using Microsoft.Data.Sqlite;

namespace Cluster.Node.Tests.Startup;

/// <summary>Files that cannot be a journal, and files that can.</summary>
public sealed class JournalFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("journal-file-").FullName;

    private string Journal => Path.Combine(_directory, "journal.db");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_new_file_is_created()
    {
        JournalFile.Check(Journal, "journal");
        JournalFile.Check(Journal, "journal");
        Assert.Equal(["journal.db"], Directory.GetFiles(_directory).Select(Path.GetFileName));
    }

    [Fact]
    public void A_file_that_is_no_database_stays_unchanged()
    {
        var text = string.Concat(Enumerable.Repeat("root:x:0:0:root:/root:/bin/bash\n", 100));
        File.WriteAllText(Journal, text);
        IsRefused(Journal, "it is something else than a SQLite file: give the path of one, or of none that exists");
        Assert.Equal(text, File.ReadAllText(Journal));
    }

    [Theory]
    [InlineData("CREATE TABLE journal (x)", "it is the database of something else: give the path of another file")]
    [InlineData("CREATE TABLE journal (persistence_id)", null)]
    [InlineData("CREATE TABLE x (y)", null)]
    public void A_database_with_another_table_of_the_same_name_is_refused(string statement, string? reason)
    {
        using (var other = new SqliteConnection($"Data Source={Journal};Pooling=false"))
        {
            other.Open();
            using var command = other.CreateCommand();
            command.CommandText = statement;
            command.ExecuteNonQuery();
        }

        if (reason is null) JournalFile.Check(Journal, "journal");
        else IsRefused(Journal, reason);
    }

    [Fact]
    public void A_directory_is_refused() =>
        IsRefused(_directory, "it is a directory: give the path of a file in it");

    [Fact]
    public void A_device_is_refused() =>
        IsRefused("/dev/null", "it is a device, a pipe or a socket: give the path of a file");

    [Fact]
    public void A_directory_that_is_not_writable_is_refused() => IsRefused(
        "/proc/journal.db",
        "the node may not write to it or to its directory: let its user do so, or give the path of another");

    [Fact]
    public void A_locked_file_is_not_refused()
    {
        using var other = new SqliteConnection($"Data Source={Journal};Pooling=false");
        other.Open();
        using var command = other.CreateCommand();
        command.CommandText = "BEGIN EXCLUSIVE";
        command.ExecuteNonQuery();
        JournalFile.Check(Journal, "journal");
    }

    private static void IsRefused(string path, string reason)
    {
        var refused = Assert.Throws<StartException>(() => JournalFile.Check(path, "journal"));
        Assert.Equal($"journal: {path} cannot be the journal: {reason}", refused.Message);
    }
}
