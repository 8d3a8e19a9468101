namespace Cluster.Actors.Journal.Log;

/// <summary>What became of a transaction.</summary>
internal enum LogOutcome
{
    /// <summary>It is durable.</summary>
    Stored,

    /// <summary>Nothing was stored: the fence has another version.</summary>
    FenceMoved,

    /// <summary>Nothing was stored: the writer's commit before this one is not there.</summary>
    CommitLost,
}
