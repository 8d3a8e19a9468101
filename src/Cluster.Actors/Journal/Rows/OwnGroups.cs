namespace Cluster.Actors.Journal.Rows;

/// <summary>Each persistence id is a group of its own.</summary>
public sealed class OwnGroups : IFenceGroups
{
    public string Of(string persistenceId) => persistenceId;
}
