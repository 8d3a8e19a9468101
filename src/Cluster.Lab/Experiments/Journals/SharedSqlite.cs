using Microsoft.Data.Sqlite;

namespace Cluster.Lab.Experiments.Journals;

/// <summary>One SQLite file for all nodes. The fault is an exclusive lock on it.</summary>
internal sealed class SharedSqlite(string work) : ILabJournal
{
    private const int LockTimeoutSeconds = 30;

    private SqliteConnection? _locker;

    public string Name => "sqlite";

    public string Setting => $"sqlite:{FilePath}";

    private string FilePath => Path.Combine(work, "journal.db");

    public Task OpenAsync() => Task.CompletedTask;

    public async Task<string> BreakAsync()
    {
        _locker = new SqliteConnection(
            $"Data Source={FilePath};Pooling=False;Default Timeout={LockTimeoutSeconds}");
        await _locker.OpenAsync().ConfigureAwait(false);
        await ExecuteAsync("BEGIN EXCLUSIVE").ConfigureAwait(false);
        return "the journal's file is locked";
    }

    public async Task RepairAsync()
    {
        if (_locker is null) return;
        await ExecuteAsync("ROLLBACK").ConfigureAwait(false);
        await DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (_locker is not null) await _locker.DisposeAsync().ConfigureAwait(false);
        _locker = null;
    }

    private async Task ExecuteAsync(string text)
    {
        await using var command = _locker!.CreateCommand();
        command.CommandText = text;
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }
}
