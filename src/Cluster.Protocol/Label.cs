namespace Cluster.Protocol;

/// <summary>What kinds, operations and states are called in metrics and traces.</summary>
public static class Label
{
    /// <summary>An operation.</summary>
    public static string Of(Call.OpOneofCase operation) => Of(operation.ToString());

    /// <summary>MessageQueue: message_queue.</summary>
    public static string Of(string name) => string.Concat(
        name.Select((c, i) => char.IsUpper(c) ? (i == 0 ? "" : "_") + char.ToLowerInvariant(c) : c.ToString()));
}
