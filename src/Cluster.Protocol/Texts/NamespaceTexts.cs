namespace Cluster.Protocol.Texts;

internal sealed class NamespaceTexts() : CallTexts(
    (Errno.EEXIST, "namespace create", "the namespace exists"),
    (Errno.ENOENT, "namespace remove", "there is no such namespace"),
    (Errno.ENOSPC, "namespace create", "the parent has as many namespaces as it may have"))
{
    /// <summary>The range of a limit, if the call sets one: "sysctl(msgmax)".</summary>
    public override string? Describe(Errno errno, string call) =>
        errno is Errno.EINVAL or Errno.ERANGE
        && call is ['s', 'y', 's', 'c', 't', 'l', '(', .. var limit, ')']
        && (LimitRow.Find(limit)?.Highest ?? HighestId(limit)) is { } highest
            ? $"it has to be from {LimitRow.Find(limit)?.Lowest ?? 0} to {highest}"
            : null;

    // kernel.msg_next_id and its like are no limits of a namespace, but have a range as well.
    private static long? HighestId(string name) =>
        name.EndsWith("_next_id", StringComparison.Ordinal) ? int.MaxValue : null;
}
