using Akka.Configuration;
using Akka.Persistence.Sql.Config;

namespace Cluster.Actors.Journal.Rows;

/// <summary>
/// The settings of the <c>group-commit</c> section of the plugin, and those of the package that the journal needs.
/// </summary>
internal sealed record GroupCommitSettings
{
    private GroupCommitSettings(Config config, JournalConfig journal)
    {
        var section = config.GetConfig("group-commit") ?? ConfigurationFactory.Empty;
        ConnectionString = journal.ConnectionString;
        IsSqlite = journal.ProviderName.StartsWith("SQLite", StringComparison.OrdinalIgnoreCase);
        IsPostgreSql = journal.ProviderName.StartsWith("PostgreSQL", StringComparison.OrdinalIgnoreCase);
        DefaultSerializer = journal.DefaultSerializer;
        Table = new JournalTable(journal);
        MaxRows = section.GetInt("max-rows", 4096);
        MaxBytes = section.GetLong("max-bytes", 8 << 20);
        QueueRows = section.GetLong("queue-rows", 65_536);
        QueueBytes = section.GetLong("queue-bytes", 128 << 20);
        Readers = section.GetInt("readers", 2);
        MaxRecoveries = section.GetInt("max-recoveries", 256);
        BusyTimeout = section.GetTimeSpan("busy-timeout", TimeSpan.FromSeconds(5), false);
        AnswerTimeout = section.GetTimeSpan("answer-timeout", TimeSpan.FromSeconds(5), false);
        MaxBackoff = section.GetTimeSpan("max-backoff", TimeSpan.FromSeconds(2), false);
        LogBytes = section.GetLong("log-bytes", 32 << 20);
        TrimAfter = section.GetTimeSpan("trim-after", TimeSpan.FromSeconds(20), false);
        Node = section.GetString("node", string.Empty) is { Length: > 0 } node ? node : Guid.NewGuid().ToString();
        Groups = section.GetString("fence-groups", string.Empty) is { Length: > 0 } groups
            ? MakeGroups(groups)
            : new OwnGroups();
    }

    public string ConnectionString { get; }

    public bool IsSqlite { get; }

    public bool IsPostgreSql { get; }

    /// <summary>The serializer of payloads without a binding; null: Akka's default.</summary>
    public string? DefaultSerializer { get; }

    public JournalTable Table { get; }

    /// <summary>The most rows in one transaction. A single larger write is still accepted.</summary>
    public int MaxRows { get; }

    /// <summary>The most payload in one transaction, in bytes. A single larger write is still accepted.</summary>
    public long MaxBytes { get; }

    /// <summary>The most rows that may wait for the next transaction. Further writes fail.</summary>
    public long QueueRows { get; }

    /// <summary>The most payload that may wait for the next transaction, in bytes. Further writes fail.</summary>
    public long QueueBytes { get; }

    /// <summary>
    /// The number of threads that read histories, each with a connection. With several, one long history does not block
    /// all.
    /// </summary>
    public int Readers { get; }

    /// <summary>The most recoveries in one query.</summary>
    public int MaxRecoveries { get; }

    /// <summary>How long SQLite waits for a lock that another connection holds.</summary>
    public TimeSpan BusyTimeout { get; }

    /// <summary>
    /// A database that has not answered a commit for this time counts as away. The commit goes on: only its outcome
    /// decides.
    /// </summary>
    public TimeSpan AnswerTimeout { get; }

    /// <summary>The longest time between two attempts to reach a failed database.</summary>
    public TimeSpan MaxBackoff { get; }

    /// <summary>A stretch of the log of this size is compacted, in bytes. Memory holds up to twice as much.</summary>
    public long LogBytes { get; }

    /// <summary>So long after the last compaction an idle writer frees what snapshots have replaced.</summary>
    public TimeSpan TrimAfter { get; }

    /// <summary>The name of the node: two nodes of one name never run at once.</summary>
    public string Node { get; }

    /// <summary>The groups of persistence ids.</summary>
    public IFenceGroups Groups { get; }

    private static IFenceGroups MakeGroups(string type) =>
        Type.GetType(type) is { } known && Activator.CreateInstance(known) is IFenceGroups groups
            ? groups
            : throw new ConfigurationException($"group-commit.fence-groups: '{type}' is not a type of fence groups.");

    /// <exception cref="ConfigurationException">A provider, table or bound that cannot be served.</exception>
    public static GroupCommitSettings From(Config config)
    {
        var journal = new JournalConfig(config);
        var settings = new GroupCommitSettings(config, journal);
        if (!settings.IsSqlite && !settings.IsPostgreSql)
            throw new ConfigurationException($"provider-name: '{journal.ProviderName}' is not SQLite or PostgreSQL.");
        if (!journal.TableConfig.EventJournalTable.UseWriterUuidColumn)
            throw new ConfigurationException("table-mapping: a table without writer_uuid is not supported.");
        if (settings is { MaxRows: < 1 } or { MaxBytes: < 1 } or { QueueRows: < 1 } or { QueueBytes: < 1 } or { LogBytes: < 1 })
            throw new ConfigurationException("group-commit: the bounds on rows and bytes must be at least 1.");
        if (settings is { Readers: < 1 } or { MaxRecoveries: < 1 })
            throw new ConfigurationException("group-commit: readers and max-recoveries must be at least 1.");
        return settings;
    }
}
