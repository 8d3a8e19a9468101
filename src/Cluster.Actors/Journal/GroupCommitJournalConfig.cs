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
    /// <summary>The plugin id of the journal.</summary>
    public const string PluginId = "akka.persistence.journal.group-commit";

    private const string Template = """
        akka.actor.serializers.cluster-journal-record = "SERIALIZER"
        akka.actor.serialization-bindings { "RECORD" = cluster-journal-record }
        # The journal actor only hands writes to the writer thread and never blocks: it runs on the thread of the
        # sender.
        cluster-inline-dispatcher {
          type = Dispatcher
          executor = "INLINE"
          throughput = 100
        }

        akka.persistence {
          # Create the tables when persistence starts, not when the first actor needs them.
          journal.auto-start-journals = ["akka.persistence.journal.group-commit"]
          # Bounds the recoveries of Akka's own persistent actors: shard coordinators and remembered processes. Entities
          # do not ask for a permit; readers and max-recoveries bound their recoveries.
          max-concurrent-recoveries = 1024
          journal.plugin = "akka.persistence.journal.group-commit"
          journal.group-commit {
            class = "JOURNAL"
            plugin-dispatcher = "cluster-inline-dispatcher"
            connection-string = "CONNECTION"
            provider-name = "PROVIDER"
            # The name that the table had before belongs to a mark for nodes of the version before.
            default.journal.table-name = "akka_journal"
            # If the database is down at the start, the tables are tried again this often, and requests wait.
            initialization-retry-delay = 1s
            # Recoveries that wait for their turn must not fail on a busy machine.
            recovery-event-timeout = 60s
            circuit-breaker {
              # The writer itself finds out within max-backoff whether the database is back. An open breaker would only
              # add its reset time, and a conflict of one stale writer would count against all other writers.
              max-failures = 1000000000
              # Far longer than any commit: a write that times out stops its actor.
              call-timeout = 60s
              reset-timeout = 1s
            }

            # The filter discards events that it attributes to an old writer. The unique key already keeps two writers
            # from storing the same sequence number, so the filter could only lose committed events, for example after
            # an actor has moved away and back. It also costs an actor and a buffer for each recovery.
            replay-filter.mode = off
            group-commit {
              # Bounds of one transaction.
              max-rows = 4096
              max-bytes = 8388608
              # Bounds of the queue before the writer. A write that does not fit fails at once.
              queue-rows = 65536
              queue-bytes = 134217728
              # Threads that read histories, and the most recoveries in one query.
              readers = 2
              max-recoveries = 256
              # How long SQLite waits for a lock that another connection holds.
              busy-timeout = 5s
              # The longest pause between two attempts to reach a failed database.
              max-backoff = 2s
              # A database that has not answered a commit for this time counts as away (event 130). The commit goes on.
              answer-timeout = 5s
              # A stretch of the log of this size is compacted. Memory holds up to twice as much.
              log-bytes = 33554432
              # The name of the node: two nodes of one name never run at once. Empty: a new one.
              node = ""
              # The type that knows which persistence ids move from node to node together. Empty: each by itself.
              fence-groups = ""
            }
          }
        }

        """;

    /// <summary>The journal in a SQLite file, which the journal creates if it does not exist.</summary>
    /// <param name="path">The path of the file; its folder must exist.</param>
    public static Config Sqlite(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var connection = new SqliteConnectionStringBuilder { DataSource = path };
        return Fill(connection.ToString(), ProviderName.SQLiteMS);
    }

    /// <summary>The journal in a PostgreSQL database. The journal creates its tables if they do not exist.</summary>
    /// <param name="connectionString">A connection string of Npgsql.</param>
    public static Config PostgreSql(string connectionString)
    {
        ArgumentException.ThrowIfNullOrEmpty(connectionString);
        // Names the dialect. Without a name the package would have to connect before it starts.
        return Fill(connectionString, ProviderName.PostgreSQL15);
    }

    /// <summary>What a node of the product adds to the journal's configuration.</summary>
    /// <param name="node">The name of the node: two nodes of one name never run at once. Empty: a new one.</param>
    /// <param name="groups">An <see cref="IFenceGroups"/>.</param>
    public static Config OfNode(string node, Type groups) => ConfigurationFactory.ParseString($$"""
        {{PluginId}}.group-commit { node = "{{Escape(node)}}", fence-groups = "{{Name(groups)}}" }

        """);

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

    /// <summary>Escapes a value for a quoted HOCON string.</summary>
    private static string Escape(string value) => string.Concat(value.Select(c => c switch
    {
        '\\' => @"\\",
        '"' => "\\\"",
        < ' ' => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
        _ => c.ToString(),
    }));
}
