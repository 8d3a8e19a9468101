using Akka.Configuration;
using Cluster.Actors.Journal;
using Npgsql;

namespace Cluster.Node.Hosting;

/// <summary>The journal that a node's settings name.</summary>
public static class JournalSettings
{
    private const string SharedFile = "sqlite:";

    /// <summary>Whether the journal is a file: the node's own, or one that nodes of one machine share.</summary>
    public static bool IsSqlite(string journal) =>
        journal == "sqlite" || journal.StartsWith(SharedFile, StringComparison.Ordinal);

    /// <summary>What is wrong with the setting; null if nothing is.</summary>
    public static string? Validate(string journal)
    {
        if (journal == SharedFile) return "journal: sqlite: needs the path of a file, as in sqlite:/var/lib/ipc/journal.db";
        if (IsSqlite(journal)) return null;
        try
        {
            _ = ConnectionString(journal);
            return null;
        }
        catch (ArgumentException exception)
        {
            return $"journal: it has to be 'sqlite', sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/DATABASE ({exception.Message})";
        }
    }

    /// <summary>The journal in words, without a password.</summary>
    public static string Describe(NodeOptions options)
    {
        if (IsSqlite(options.Journal)) return $"sqlite {SqlitePath(options)}";
        var builder = new NpgsqlConnectionStringBuilder(ConnectionString(options.Journal));
        return $"postgresql {builder.Host}:{builder.Port}/{builder.Database}";
    }

    /// <summary>The configuration of the journal, and of the snapshots of the shards that remember processes.</summary>
    public static Config Configure(NodeOptions options)
    {
        var (journal, connection, provider) = IsSqlite(options.Journal)
            ? (GroupCommitJournalConfig.Sqlite(SqlitePath(options)), $"Data Source={SqlitePath(options)}",
                LinqToDB.ProviderName.SQLiteMS)
            : (GroupCommitJournalConfig.PostgreSql(ConnectionString(options.Journal)),
                ConnectionString(options.Journal), LinqToDB.ProviderName.PostgreSQL15);
        var snapshots = ConfigurationFactory.ParseString($$"""
            akka.persistence.snapshot-store.sql {
              class = "Akka.Persistence.Sql.Snapshot.SqlSnapshotStore, Akka.Persistence.Sql"
              connection-string = "{{connection.Replace("\\", "\\\\").Replace("\"", "\\\"")}}"
              provider-name = "{{provider}}"
            }
            """);
        return snapshots.WithFallback(journal).WithFallback(Akka.Persistence.Sql.SqlPersistence.DefaultConfiguration);
    }

    /// <summary>Where the embedded journal is.</summary>
    public static string SqlitePath(NodeOptions options) => options.Journal == "sqlite"
        ? Path.Combine(Path.GetFullPath(options.Data), "journal.db")
        : Path.GetFullPath(options.Journal[SharedFile.Length..]);

    private static string ConnectionString(string journal)
    {
        if (!journal.Contains("://", StringComparison.Ordinal))
            return new NpgsqlConnectionStringBuilder(journal).ConnectionString;
        if (!Uri.TryCreate(journal, UriKind.Absolute, out var uri) || uri.Scheme is not ("postgres" or "postgresql"))
            throw new ArgumentException("the scheme is not postgres");
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = Uri.UnescapeDataString(uri.Host),
            Port = uri.IsDefaultPort || uri.Port < 0 ? 5432 : uri.Port,
            Database = Uri.UnescapeDataString(uri.AbsolutePath.TrimStart('/')),
        };
        var user = uri.UserInfo.Split(':', 2);
        if (user[0].Length > 0) builder.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length > 1) builder.Password = Uri.UnescapeDataString(user[1]);
        return builder.ConnectionString;
    }
}
