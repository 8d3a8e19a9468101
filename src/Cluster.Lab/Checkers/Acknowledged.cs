using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>
/// Decides which results are certainly acknowledged. A process acknowledges a result with the next frame that it sends.
/// If the process ends before that, the message that it received goes back into the queue (documented), and another
/// process receives it too.
/// </summary>
internal sealed class Acknowledged(History history)
{
    private readonly LastKnownAlive _lastAlive = new(history);

    /// <summary>Whether the process still lives, or got an answer to a later call.</summary>
    public bool IsCertain(Operation call) => _lastAlive.Of(call.Client) > call.ReturnedAt;

    /// <summary>
    /// Whether two receives may both have taken one message: it went back from the first, and the second took it.
    /// </summary>
    public bool MayBoth(Operation one, Operation other) =>
        one.Client != other.Client && (MayGoBackFor(one, other) || MayGoBackFor(other, one));

    /// <summary>Whether these receives of one message contain two that cannot both have taken it.</summary>
    public bool IsTwice(IEnumerable<Operation> receives)
    {
        var earlier = new List<Operation>();
        foreach (var receive in receives)
        {
            if (earlier.Exists(other => !MayBoth(other, receive))) return true;
            earlier.Add(receive);
        }

        return false;
    }

    private bool MayGoBackFor(Operation one, Operation other) => !IsCertain(one) && one.InvokedAt <= other.LatestAt;
}
