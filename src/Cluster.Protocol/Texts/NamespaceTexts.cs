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
        && LimitRow.Find(limit)?.Highest is { } highest
            ? $"it has to be from 0 to {highest}"
            : null;
}
