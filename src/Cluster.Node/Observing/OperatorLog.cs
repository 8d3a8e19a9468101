namespace Cluster.Node.Observing;

/// <summary>
/// The events for operators, one line each. The ids are part of the product's interface and never change.
/// </summary>
internal static partial class OperatorLog
{
    /// <summary>The category of all events.</summary>
    public const string Category = "Cluster.Node";

    [LoggerMessage(100, LogLevel.Information, "the node is ready: gateway {Gateway}, web {Web}, journal {Journal}")]
    public static partial void NodeReady(this ILogger log, string gateway, string web, string journal);

    [LoggerMessage(101, LogLevel.Information, "the node is a member of the cluster as {Node}; members up: {Members}")]
    public static partial void NodeUp(this ILogger log, string node, int members);

    [LoggerMessage(102, LogLevel.Information, "the node takes no more sessions: clients go elsewhere")]
    public static partial void NodeDrains(this ILogger log);

    [LoggerMessage(
        103, LogLevel.Error,
        "this node is given up, by the others or because it has no majority: it ends, and has to be started anew")]
    public static partial void NodeGivenUp(this ILogger log);

    [LoggerMessage(104, LogLevel.Warning, "no majority of the members answers: what objects here have to say waits")]
    public static partial void MajorityLost(this ILogger log);

    [LoggerMessage(105, LogLevel.Information, "a majority of the members answers again")]
    public static partial void MajorityBack(this ILogger log);

    [LoggerMessage(106, LogLevel.Warning, "the node is not a member yet: {Reason}")]
    public static partial void StillJoining(this ILogger log, string reason);

    [LoggerMessage(
        107, LogLevel.Warning,
        "this node did nothing for {Seconds} s: it was stopped, or its machine has no time for it")]
    public static partial void NodeStalled(this ILogger log, double seconds);

    [LoggerMessage(
        108, LogLevel.Warning,
        "a node that wants to join calls this one {Name}, and it is {Self}: its seed-nodes have to say so")]
    public static partial void NodeMisnamed(this ILogger log, string name, string self);

    [LoggerMessage(
        109, LogLevel.Error,
        "an older cluster uses this journal ({Members}): the cluster of this node ends, and its nodes have to be started "
        + "anew to join the other")]
    public static partial void OlderCluster(this ILogger log, string members);

    [LoggerMessage(
        119, LogLevel.Warning, "a younger cluster uses this journal too ({Members}): it ends when it notices this one")]
    public static partial void YoungerCluster(this ILogger log, string members);

    [LoggerMessage(110, LogLevel.Information, "node {Node} is up; members up: {Members}")]
    public static partial void MemberUp(this ILogger log, string node, int members);

    [LoggerMessage(111, LogLevel.Information, "node {Node} leaves")]
    public static partial void MemberLeaves(this ILogger log, string node);

    [LoggerMessage(112, LogLevel.Information, "node {Node} has left")]
    public static partial void MemberLeft(this ILogger log, string node);

    [LoggerMessage(113, LogLevel.Warning, "node {Node} cannot be reached")]
    public static partial void MemberUnreachable(this ILogger log, string node);

    [LoggerMessage(114, LogLevel.Information, "node {Node} can be reached again")]
    public static partial void MemberReachable(this ILogger log, string node);

    [LoggerMessage(115, LogLevel.Warning, "the process of node {Node} has ended")]
    public static partial void MemberEnded(this ILogger log, string node);

    [LoggerMessage(116, LogLevel.Warning, "node {Node} is given up")]
    public static partial void MemberDowned(this ILogger log, string node);

    [LoggerMessage(117, LogLevel.Warning, "node {Node} was removed: its objects start elsewhere")]
    public static partial void MemberRemoved(this ILogger log, string node);

    [LoggerMessage(
        118, LogLevel.Warning, "nothing from node {Node} arrives, though it answers: the connection is made anew")]
    public static partial void ConnectionRenewed(this ILogger log, string node);

    [LoggerMessage(120, LogLevel.Information, "{Count} shards of {Type} were moved: every node has its share")]
    public static partial void ShardsMoved(this ILogger log, int count, string type);

    [LoggerMessage(
        121, LogLevel.Warning,
        "nodes {Goes} and {Stays} do not hear each other, and this node hears both: {Goes} is given up")]
    public static partial void LinkGivenUp(this ILogger log, string goes, string stays);

    [LoggerMessage(
        122, LogLevel.Error,
        "the record of the cluster in the journal cannot be written: {Reason}. Until it can, start no node without seeds")]
    public static partial void RecordLost(this ILogger log, string reason);

    [LoggerMessage(
        123, LogLevel.Warning, "something that is no node has connected to the port of remoting, and was refused: {Reason}")]
    public static partial void StrangerSpoke(this ILogger log, string reason);

    [LoggerMessage(
        125, LogLevel.Warning, "clients have reached the bound {Bound}: {What} (times since the last such line: {Count})")]
    public static partial void BoundReached(this ILogger log, string bound, string what, long count);

    [LoggerMessage(126, LogLevel.Information, "the files of {What} have changed, and hold from now on")]
    public static partial void FilesReloaded(this ILogger log, string what);

    [LoggerMessage(
        127, LogLevel.Error, "the files of {What} have changed and cannot be used, so the former ones hold: {Reason}")]
    public static partial void FilesRefused(this ILogger log, string what, string reason);

    [LoggerMessage(128, LogLevel.Warning, "a caller was refused: {Caller}: {Reason}")]
    public static partial void CallerRefused(this ILogger log, string caller, string reason);

    [LoggerMessage(129, LogLevel.Error, "the file of the audit cannot be written, and its lines are lost: {Reason}")]
    public static partial void AuditLost(this ILogger log, string reason);

    [LoggerMessage(130, LogLevel.Error, "the journal's database failed, and calls wait until it is back: {Reason}")]
    public static partial void JournalLost(this ILogger log, string reason);

    [LoggerMessage(131, LogLevel.Information, "the journal's database works again, after {Seconds} s")]
    public static partial void JournalBack(this ILogger log, double seconds);

    [LoggerMessage(
        132, LogLevel.Error, "the journal is damaged, and what it says is not used: {Reason}. 'ipc journal verify' says "
        + "what else is, and docs/journal.md what to do")]
    public static partial void JournalDamaged(this ILogger log, string reason);

    [LoggerMessage(139, LogLevel.Information, "the file of the audit can be written again")]
    public static partial void AuditBack(this ILogger log);

    [LoggerMessage(140, LogLevel.Error, "a part of the node failed, {Part}: {Reason}")]
    public static partial void Failed(this ILogger log, string part, string reason);

    [LoggerMessage(150, LogLevel.Information, "audit: {Line}")]
    public static partial void Audited(this ILogger log, string line);
}
