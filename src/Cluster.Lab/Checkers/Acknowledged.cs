using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>
/// Which results the cluster knows to have arrived. A process acknowledges a result with the next frame that it sends;
/// if it ends before, a message that it took goes back into the queue, as documented, and somebody else gets it too.
/// </summary>
internal sealed class Acknowledged(History history)
{
    private readonly LastSigns _signs = new(history);

    /// <summary>The process lives, or a call that it made afterwards was answered.</summary>
    public bool IsCertain(Operation call) => _signs.Of(call.Client) > call.ReturnedAt;

    /// <summary>Whether two receives may have taken one message: the one first, from which it went back, then the
    /// other.</summary>
    public bool MayBoth(Operation one, Operation other) =>
        one.Client != other.Client && (MayGoBackFor(one, other) || MayGoBackFor(other, one));

    /// <summary>Whether some pair of these receives of one message cannot both have taken it.</summary>
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
