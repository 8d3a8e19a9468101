namespace Cluster.Actors.Journal.Rows;

/// <summary>
/// The groups of persistence ids that move from node to node together. A node claims a group before it reads the
/// history of an actor of it, and the log refuses what other nodes write for the group from then on.
/// </summary>
public interface IFenceGroups
{
    /// <summary>The group of a persistence id; null: its events go to the package's table, and not to the log.</summary>
    string? Of(string persistenceId);
}
