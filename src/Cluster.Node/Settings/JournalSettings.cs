using Akka.Configuration;
using Cluster.Actors.Journal;
using Cluster.Actors.Routing;
using Cluster.Journal;
using Npgsql;

namespace Cluster.Node.Settings;

/// <summary>Interprets the setting of the journal.</summary>
public static class JournalSettings
{
    /// <summary>The journal of one node, in its data directory.</summary>
    public const string Embedded = "sqlite";

    private const string SharedPrefix = "sqlite:";

    /// <summary>
    /// Whether the journal is a SQLite file: the node's own, or one that several nodes of this machine share.
    /// </summary>
    public static bool IsSqlite(string journal) =>
        journal == Embedded || journal.StartsWith(SharedPrefix, StringComparison.Ordinal);

    /// <summary>The error of the setting, as a sentence; null: it is valid.</summary>
    public static string? Validate(string journal)
    {
        if (journal == Embedded) return null;
        if (IsSqlite(journal))
            return journal.Length > SharedPrefix.Length
                ? null
                : "journal: sqlite: has to be followed by the path of a file";
        try
        {
            _ = PostgreSqlSetting.Read(journal);
            return null;
        }
        catch (ArgumentException exception)
        {
            return "journal: it has to be sqlite, sqlite:FILE or postgres://USER:PASSWORD@HOST:PORT/DATABASE "
                + $"({exception.Message})";
        }
    }

    /// <summary>The journal in words, without a password.</summary>
    public static string Describe(NodeOptions options)
    {
        if (IsSqlite(options.Journal)) return $"sqlite {SqlitePath(options)}";
        var builder = new NpgsqlConnectionStringBuilder(PostgreSqlSetting.Read(options.Journal));
        return $"postgresql {PlaceOf(builder)}/{builder.Database}";
    }

    /// <summary>The connection string of PostgreSQL; null: the journal is a SQLite file.</summary>
    public static NpgsqlConnectionStringBuilder? PostgreSql(NodeOptions options) =>
        IsSqlite(options.Journal) ? null : new NpgsqlConnectionStringBuilder(PostgreSqlSetting.Read(options.Journal));

    /// <summary>The servers of a connection, each with its port: "a:5432,b:5433".</summary>
    public static string PlaceOf(NpgsqlConnectionStringBuilder connection) => PostgreSqlSetting.PlaceOf(connection);

    /// <summary>The configuration of the journal, and of the snapshots of the shards that remember processes.</summary>
    public static Config Configure(NodeOptions options)
    {
        var (journal, connection, provider) = IsSqlite(options.Journal)
            ? (GroupCommitJournalConfig.Sqlite(SqlitePath(options)), $"Data Source={SqlitePath(options)}",
                LinqToDB.ProviderName.SQLiteMS)
            : (GroupCommitJournalConfig.PostgreSql(PostgreSqlSetting.Read(options.Journal)),
                PostgreSqlSetting.Read(options.Journal), LinqToDB.ProviderName.PostgreSQL15);
        // Akka's default would create a directory for snapshots in the working directory, even if no snapshot is
        // stored.
        var snapshots = ConfigurationFactory.ParseString($$"""
            akka.persistence.snapshot-store.plugin = "akka.persistence.no-snapshot-store"
            akka.persistence.snapshot-store.sql {
              class = "Akka.Persistence.Sql.Snapshot.SqlSnapshotStore, Akka.Persistence.Sql"
              connection-string = "{{connection.Replace("\\", "\\\\").Replace("\"", "\\\"")}}"
              provider-name = "{{provider}}"
            }

            """);
        // With port 0 the address is not known yet, and another node may have the same setting.
        var node = options.Journal == Embedded ? Embedded
            : HostPort.TryParse(options.Remote, out var remote) && remote.Port != 0 ? options.Remote
            : string.Empty;
        var log = GroupCommitJournalConfig.OfNode(node, typeof(ShardGroups));
        return snapshots.WithFallback(log).WithFallback(journal).WithFallback(Akka.Persistence.Sql.SqlPersistence.DefaultConfiguration);
    }

    /// <summary>The path of the SQLite file.</summary>
    public static string SqlitePath(NodeOptions options) => Path.GetFullPath(
        options.Journal == Embedded
            ? Path.Combine(options.Data, "journal.db")
            : options.Journal[SharedPrefix.Length..]);
}
