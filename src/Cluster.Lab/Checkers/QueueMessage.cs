using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>
/// A message with a unique text: its send, and its receive if there was one. It entered the queue between PutFrom and
/// PutBy, and left it between TakenFrom and TakenBy. Each interval bounds the other. WentBackFrom has the earlier
/// receives by processes that ended without an acknowledgement.
/// </summary>
internal sealed record QueueMessage(Operation Send, Operation? Receive, IReadOnlyList<Operation> WentBackFrom)
{
    public long Type => Send.Type;

    public long PutFrom => Send.InvokedAt;

    public long PutBy => Math.Min(Send.LatestAt, TakenBy);

    public long TakenFrom => Receive is null ? long.MaxValue : Math.Max(Receive.InvokedAt, Send.InvokedAt);

    public long TakenBy => Receive?.LatestAt ?? long.MaxValue;

    public Operation[] Operations => Receive is null ? [Send] : [Send, Receive];
}
