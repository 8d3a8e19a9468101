using System.Globalization;
using Akka.Configuration;
using Akka.Persistence.Sql;
using Cluster.Actors.Dispatch;
using Cluster.Actors.Journal.Rows;
using LinqToDB;
using Microsoft.Data.Sqlite;

namespace Cluster.Actors.Journal;

/// <summary>The configuration that makes the group commit journal the default journal of an actor system.</summary>
public static class GroupCommitJournalConfig
{
    /// <summary>The plugin id, for an actor or a setting that names its journal.</summary>
    public const string PluginId = "akka.persistence.journal.group-commit";

    private const string Template = """
        akka.actor.serializers.cluster-journal-record = "SERIALIZER"
        akka.actor.serialization-bindings { "RECORD" = cluster-journal-record }
        # The journal's actor hands writes to its writer, and never blocks: it runs in the thread that sends to it.
        cluster-inline-dispatcher {
          type = Dispatcher
          executor = "INLINE"
          throughput = 100
        }

        akka.persistence {
          # The tables are made when persistence starts, not when the first actor needs them.
          journal.auto-start-journals = ["akka.persistence.journal.group-commit"]
          # Of Akka's own persistent actors: the shards' coordinators and their lists of processes. Entities do not ask for
          # leave: what bounds theirs is max-recoveries of a query, and readers.
          max-concurrent-recoveries = 1024
          journal.plugin = "akka.persistence.journal.group-commit"
          journal.group-commit {
            class = "JOURNAL"
            plugin-dispatcher = "cluster-inline-dispatcher"
            connection-string = "CONNECTION"
            provider-name = "PROVIDER"
            # A database that is away at the start: the tables are tried again this often, and requests wait.
            initialization-retry-delay = 1s
            # A busy machine must not fail recoveries that wait for their turn.
            recovery-event-timeout = 60s
            circuit-breaker {
              # The writer finds out by itself whether the database is back, in at most max-backoff. An open breaker
              # would only add its reset time, and it counts the conflicts of stale writers against all others.
              max-failures = 1000000000
              # Far above any commit: a timed out write stops its actor.
              call-timeout = 60s
              reset-timeout = 1s
            }

            # The filter would discard what it takes for events of an old writer. Two writers cannot store the same
            # sequence number here (unique key), so it could only lose committed events, as when an actor returns to a
            # journal that wrote for it before. It also costs an actor and a buffer for each recovery.
            replay-filter.mode = off
            group-commit {
              # Bounds of one transaction.
              max-rows = 4096
              max-bytes = 8388608
              # Bounds of what may wait for it; past them a write fails at once.
              queue-rows = 65536
              queue-bytes = 134217728
              # Threads that read histories, and recoveries in one query.
              readers = 2
              max-recoveries = 256
              # How long SQLite waits for a lock that another connection holds.
              busy-timeout = 5s
              # The longest pause between two attempts to reach a database that is away.
              max-backoff = 2s
            }
          }
        }

        """;

    /// <summary>The journal in a SQLite file, which is created if it does not exist.</summary>
    /// <param name="path">The path of the file; its folder must exist.</param>
    public static Config Sqlite(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var connection = new SqliteConnectionStringBuilder { DataSource = path };
        return Fill(connection.ToString(), ProviderName.SQLiteMS);
    }

    /// <summary>The journal in a PostgreSQL database, whose tables are created if they do not exist.</summary>
    /// <param name="connectionString">As Npgsql takes it.</param>
    public static Config PostgreSql(string connectionString)
    {
        ArgumentException.ThrowIfNullOrEmpty(connectionString);
        // A named dialect: to find it out, the package would have to connect before it starts.
        return Fill(connectionString, ProviderName.PostgreSQL15);
    }

    private static Config Fill(string connection, string provider)
    {
        var text = Template
            .Replace("SERIALIZER", Name(typeof(JournalRecordSerializer)), StringComparison.Ordinal)
            .Replace("RECORD", Name(typeof(JournalRecord)), StringComparison.Ordinal)
            .Replace("JOURNAL", Name(typeof(GroupCommitJournal)), StringComparison.Ordinal)
            .Replace("INLINE", Name(typeof(InlineExecutorConfigurator)), StringComparison.Ordinal)
            .Replace("PROVIDER", Escape(provider), StringComparison.Ordinal)
            .Replace("CONNECTION", Escape(connection), StringComparison.Ordinal);
        return ConfigurationFactory.ParseString(text);
    }

    private static string Name(Type type) => $"{type.FullName}, {type.Assembly.GetName().Name}";

    /// <summary>The inside of a quoted string of the configuration language.</summary>
    private static string Escape(string value) => string.Concat(value.Select(c => c switch
    {
        '\\' => @"\\",
        '"' => "\\\"",
        < ' ' => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
        _ => c.ToString(),
    }));
}
