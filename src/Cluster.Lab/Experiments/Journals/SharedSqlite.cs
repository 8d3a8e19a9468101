using Microsoft.Data.Sqlite;

namespace Cluster.Lab.Experiments.Journals;

/// <summary>One SQLite file for all nodes. It goes away by being locked.</summary>
internal sealed class SharedSqlite(string work) : ILabJournal
{
    private const int LockTimeoutSeconds = 30;

    private SqliteConnection? _thief;

    public string Name => "sqlite";

    public string Setting => $"sqlite:{FilePath}";

    private string FilePath => Path.Combine(work, "journal.db");

    public Task OpenAsync() => Task.CompletedTask;

    public async Task<string> BreakAsync()
    {
        _thief = new SqliteConnection(
            $"Data Source={FilePath};Pooling=False;Default Timeout={LockTimeoutSeconds}");
        await _thief.OpenAsync().ConfigureAwait(false);
        await ExecuteAsync("BEGIN EXCLUSIVE").ConfigureAwait(false);
        return "the journal's file is locked";
    }

    public async Task RepairAsync()
    {
        if (_thief is null) return;
        await ExecuteAsync("ROLLBACK").ConfigureAwait(false);
        await DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (_thief is not null) await _thief.DisposeAsync().ConfigureAwait(false);
        _thief = null;
    }

    private async Task ExecuteAsync(string text)
    {
        await using var command = _thief!.CreateCommand();
        command.CommandText = text;
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }
}
