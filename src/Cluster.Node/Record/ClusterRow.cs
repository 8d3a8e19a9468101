namespace Cluster.Node.Record;

/// <summary>What the journal says about the cluster that uses it.</summary>
/// <param name="Epoch">The number of the cluster: each cluster that forms over the journal takes the next one.</param>
/// <param name="ClockMs">A reading of the cluster's clock, in ms.</param>
/// <param name="Members">The addresses of the members' remoting, HOST:PORT.</param>
internal sealed record ClusterRow(long Epoch, long ClockMs, IReadOnlyList<string> Members)
{
    /// <summary>The table has one row, as cluster_journal has.</summary>
    public const string Make = """
        CREATE TABLE IF NOT EXISTS cluster_record (one INTEGER PRIMARY KEY, epoch BIGINT NOT NULL,
            last_epoch BIGINT NOT NULL, clock_ms BIGINT NOT NULL, members TEXT NOT NULL)
        """;

    public const string Read = "SELECT epoch, clock_ms, members FROM cluster_record";

    /// <summary>A new cluster takes the next epoch. The clock of the last one goes on.</summary>
    public const string Form = """
        INSERT INTO cluster_record VALUES (1, 1, 1, @clock, @members)
        ON CONFLICT (one) DO UPDATE SET epoch = cluster_record.last_epoch + 1,
            last_epoch = cluster_record.last_epoch + 1, members = excluded.members
        RETURNING epoch, clock_ms, members
        """;

    /// <summary>
    /// The first record of a cluster that formed without one: by nodes of a version that wrote none.
    /// </summary>
    public const string Adopt =
        "INSERT INTO cluster_record VALUES (1, @epoch, @epoch, @clock, @members) ON CONFLICT DO NOTHING";

    /// <summary>
    /// The cluster @epoch lives. The row of an older cluster stays as it is, and that of a younger one is replaced.
    /// </summary>
    public const string Beat = """
        UPDATE cluster_record SET epoch = @epoch, members = @members,
            clock_ms = CASE WHEN clock_ms < @clock THEN @clock ELSE clock_ms END
        WHERE epoch >= @epoch
        """;

    private const char Separator = ',';

    /// <summary>Reads the columns of <see cref="Read"/> and <see cref="Form"/>.</summary>
    public static ClusterRow Of(long epoch, long clockMs, string members) =>
        new(epoch, clockMs, members.Split(Separator, StringSplitOptions.RemoveEmptyEntries));

    /// <summary>The value of the column members.</summary>
    public static string Join(IEnumerable<string> members) => string.Join(Separator, members);
}
