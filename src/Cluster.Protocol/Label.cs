namespace Cluster.Protocol;

/// <summary>What kinds and states are called in metrics.</summary>
public static class Label
{
    /// <summary>MessageQueue: message_queue.</summary>
    public static string Of(string name) => string.Concat(
        name.Select((c, i) => char.IsUpper(c) ? (i == 0 ? "" : "_") + char.ToLowerInvariant(c) : c.ToString()));
}
