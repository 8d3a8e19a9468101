using Cluster.Cli.Failures;
using Cluster.Cli.Journals;
using Cluster.Journal;
using Cluster.Protocol;
using Google.Protobuf;
using Microsoft.Data.Sqlite;

namespace Cluster.Cli.Tests;

/// <summary>ipc journal: output and exit codes. What a verification finds is in Cluster.Journal.Tests.</summary>
public sealed class JournalCommandTests : IDisposable
{
    private const uint Salt = 11;
    private static readonly long First = LogCommit.Base(1) + 1;

    private readonly string _folder = Directory.CreateTempSubdirectory("journal-command-").FullName;
    private readonly Tool _tool = new();

    private string File => Path.Combine(_folder, "journal.db");

    private string Copy => Path.Combine(_folder, "copy.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_sound_journal_is_summed_up()
    {
        Make();
        Assert.Equal(ExitCodes.Done, await _tool.RunAsync("journal", "verify", $"sqlite:{File}"));
        Assert.Equal(
            $"""
            journal            sqlite {File}
            writers            1
            commits            2
            leftovers          0
            segments           0
            entities           2
            records            2
            bytes              {Size()}
            The journal is sound.

            """, _tool.Output);
        Assert.Equal("", _tool.Error);
    }

    [Fact]
    public async Task A_damaged_journal_is_a_failure_with_a_line_for_each_fault()
    {
        Make();
        Sql($"DELETE FROM journal_log WHERE n = {First}");
        Assert.Equal(ExitCodes.Failed, await _tool.RunAsync("journal", "verify", File));
        Assert.StartsWith(
            $"journal_log n={First}: commit 1 of writer 1 is missing. Stop all nodes, and restore the newest backup\n",
            _tool.Output, StringComparison.Ordinal);
        Assert.EndsWith("The journal is not sound: 1 fault.\n", _tool.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Faults_are_shown_as_json_too()
    {
        Make();
        Sql($"DELETE FROM journal_log WHERE n = {First}");
        Assert.Equal(ExitCodes.Failed, await _tool.RunAsync("journal", "verify", File, "--json"));
        Assert.False(_tool.Json.GetProperty("sound").GetBoolean());
        Assert.Equal(1, _tool.Json.GetProperty("commits").GetInt32());
        var fault = _tool.Json.GetProperty("faults")[0];
        Assert.Equal($"journal_log n={First}", fault.GetProperty("row").GetString());
        Assert.Equal("commit 1 of writer 1 is missing", fault.GetProperty("fault").GetString());
        Assert.Equal("Stop all nodes, and restore the newest backup", fault.GetProperty("advice").GetString());
    }

    [Theory]
    [InlineData("verify")]
    [InlineData("dump")]
    public async Task A_journal_that_cannot_be_opened_has_another_code(string verb)
    {
        Assert.Equal(ExitCodes.Unreachable, await _tool.RunAsync("journal", verb, File));
        Assert.Equal($"ipc: sqlite {File} cannot be opened: there is no such file\n", _tool.Error);
        Assert.Equal("", _tool.Output);
    }

    [Fact]
    public async Task A_place_that_makes_no_sense_is_a_usage_error()
    {
        Assert.Equal(ExitCodes.Usage, await _tool.RunAsync("journal", "verify", "mysql://h/d"));
        Assert.StartsWith("ipc: JOURNAL: the scheme is not postgres\n", _tool.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_entities_are_listed()
    {
        Make();
        Assert.Equal(ExitCodes.Done, await _tool.RunAsync("journal", "dump", File));
        Assert.Equal(
            [
                "ENTITY ID FIRST LAST RECORDS BYTES WHERE",
                $"queue 0 1/1/0 1 1 1 {Queue.Length} log",
                $"process 9 66/0/9 1 1 1 {Process.Length} log",
            ],
            _tool.Output.TrimEnd().Split('\n').Select(line =>
                string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
    }

    [Fact]
    public async Task All_entities_are_listed_as_json_lines()
    {
        Make();
        Assert.Equal(ExitCodes.Done, await _tool.RunAsync("journal", "dump", File, "--json"));
        Assert.Equal(
            $$"""{"entity":"queue 0","id":"1/1/0","first":1,"last":1,"records":1,"bytes":{{Queue.Length}},"where":"log"}""",
            _tool.Output.Split('\n')[0]);
    }

    [Theory]
    [InlineData("queue", "0")]
    [InlineData("msg", "0")]
    [InlineData("1/1/0")]
    public async Task One_entity_is_shown_with_its_events(params string[] entity)
    {
        Make();
        Assert.Equal(ExitCodes.Done, await _tool.RunAsync(["journal", "dump", File, .. entity, "--json"]));
        Assert.Equal("commit 1 of writer 1", _tool.Json.GetProperty("where").GetString());
        Assert.Equal("record", _tool.Json.GetProperty("kind").GetString());
        Assert.Equal("65536", _tool.Json.GetProperty("content").GetProperty("events")[0].GetProperty("queueCreated")
            .GetProperty("qbytes").GetString());
    }

    [Fact]
    public async Task The_token_of_a_process_is_not_shown()
    {
        Make();
        Assert.Equal(ExitCodes.Done, await _tool.RunAsync("journal", "dump", File, "process", "9"));
        Assert.Contains("processStarted", _tool.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", _tool.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_entity_without_entries_is_a_failure()
    {
        Make();
        Assert.Equal(ExitCodes.Failed, await _tool.RunAsync("journal", "dump", File, "queue", "5"));
        Assert.Equal("ipc: the journal has nothing of queue 5 (1/1/5)\n", _tool.Error);
    }

    [Fact]
    public async Task A_word_that_is_no_entity_is_a_usage_error()
    {
        Make();
        Assert.Equal(ExitCodes.Usage, await _tool.RunAsync("journal", "dump", File, "banana", "0"));
        Assert.Equal("ipc: ENTITY: 'banana 0' is not an entity, such as queue 0 or 1/0/0\n", _tool.Error);
    }

    [Fact]
    public async Task A_copy_is_made_once_and_verified()
    {
        Make();
        Assert.Equal(ExitCodes.Done, await _tool.RunAsync("journal", "backup", File, Copy));
        Assert.StartsWith($"journal            sqlite {Copy}\n", _tool.Output, StringComparison.Ordinal);
        Assert.EndsWith("The journal is sound.\n", _tool.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Failed, await _tool.RunAsync("journal", "backup", File, Copy));
        Assert.Equal($"ipc: {Copy} is there already, and is not replaced\n", _tool.Error);
    }

    [Fact]
    public async Task A_copy_of_a_damaged_journal_is_made_and_said_to_be_damaged()
    {
        Make();
        Sql($"DELETE FROM journal_log WHERE n = {First}");
        Assert.Equal(ExitCodes.Failed, await _tool.RunAsync("journal", "backup", File, Copy));
        Assert.EndsWith("The journal is not sound: 1 fault.\n", _tool.Output, StringComparison.Ordinal);
        Assert.True(System.IO.File.Exists(Copy));
    }

    [Theory]
    [InlineData("1/1/0", "queue 0")]
    [InlineData("1/2/7", "queue 7 namespace 2")]
    [InlineData("2/1/0", "semaphore 0")]
    [InlineData("3/1/2", "shmem 2")]
    [InlineData("4/1/8589934595", "shmem 2 extent 3")]
    [InlineData("4/9/8589934595", "shmem 2 extent 3 namespace 9")]
    [InlineData("5/1/7", "posix-mqueue 7")]
    [InlineData("6/1/7", "posix-semaphore 7")]
    [InlineData("8/1/8589934595", "posix-shmem 2 extent 3")]
    [InlineData("64/1/1", "directory queue")]
    [InlineData("64/1/5", "directory posix-mqueue")]
    [InlineData("64/5/3", "directory shmem namespace 5")]
    [InlineData("65/4/0", "namespace 4")]
    [InlineData("66/0/12", "process 12")]
    [InlineData("67/0/66", "allocator process")]
    [InlineData("68/0/4294967295", "account 4294967295")]
    [InlineData("67/0/65", "allocator namespace")]
    public void Entities_have_names_in_words(string id, string words)
    {
        Assert.Equal(words, EntityWords.Show(id));
        Assert.True(EntityWords.TryRead(words.Split(' '), out var read));
        Assert.Equal(id, read);
    }

    [Theory]
    [InlineData("99/1/0")]
    [InlineData("64/1/99")]
    [InlineData("/system/sharding/coordinator")]
    public void What_has_no_words_keeps_its_id(string id) => Assert.Equal(id, EntityWords.Show(id));

    [Theory]
    [InlineData("")]
    [InlineData("queue")]
    [InlineData("queue x")]
    [InlineData("queue -1")]
    [InlineData("queue 0 extent 1")]
    [InlineData("shmem 0 extent")]
    [InlineData("namespace")]
    [InlineData("directory process 1")]
    public void Words_that_name_no_entity_are_refused(string words) =>
        Assert.False(EntityWords.TryRead(words.Split(' ', StringSplitOptions.RemoveEmptyEntries), out _));

    private static byte[] Queue => new Cluster.Protocol.Record
    {
        Events = { new Event { QueueCreated = new QueueCreated { Qbytes = 65_536 } } },
    }.ToByteArray();

    private static byte[] Process => new Cluster.Protocol.Record
    {
        Events = { new Event { ProcessStarted = new ProcessStarted { Pid = 9, Token = ByteString.CopyFromUtf8("secret") } } },
    }.ToByteArray();

    private long Size() => Commits().Sum(commit => commit.Body.Length);

    // A queue and a process, in two commits.
    private void Make()
    {
        foreach (var statement in LogTables.Make(isSqlite: true)) Sql(statement);
        Sql($"INSERT INTO journal_state VALUES (1, {LogTables.Format}, {Salt}, 1, 1)");
        Sql($"INSERT INTO journal_writer VALUES (1, 'n', {LogCommit.Base(1)}, 0, 1)");
        foreach (var commit in Commits())
            Sql($"INSERT INTO journal_log VALUES ({commit.Number}, x'{Convert.ToHexString(commit.Body.Span)}')");
    }

    private static LogCommit[] Commits()
    {
        var first = Commit("1/1/0", Queue, First, 0);
        return [first, Commit("66/0/9", Process, First + 1, first.Sum)];
    }

    private static LogCommit Commit(string id, byte[] record, long number, uint previous)
    {
        var bytes = new LogBytes();
        LogCommit.Begin(bytes);
        var start = LogCommit.BeginEntity(bytes, id);
        new LogEntry(LogEntryKind.Record, 1, record).AddTo(bytes);
        LogCommit.EndEntity(bytes, start);
        return LogCommit.End(bytes, Salt, number, previous);
    }

    private void Sql(string text)
    {
        using var connection = new SqliteConnection($"Data Source={File};Pooling=false");
        connection.Open();
        using var command = new SqliteCommand(text, connection);
        command.ExecuteNonQuery();
    }
}
