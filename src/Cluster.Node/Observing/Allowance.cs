namespace Cluster.Node.Observing;

/// <summary>Units that come back with time, up to a bound.</summary>
/// <remarks>One thread at a time.</remarks>
internal sealed class Allowance(int most, int perSecond, TimeProvider time)
{
    private double _units = most;
    private long _at = time.GetTimestamp();

    /// <summary>Takes units, if there are as many.</summary>
    public bool TryTake(int units)
    {
        Refill();
        if (_units < units) return false;
        _units -= units;
        return true;
    }

    /// <summary>Takes units that are not there yet; returns when they will be.</summary>
    public TimeSpan Borrow(int units)
    {
        Refill();
        _units -= units;
        return _units >= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(-_units / perSecond);
    }

    private void Refill()
    {
        var now = time.GetTimestamp();
        _units = Math.Min(most, _units + time.GetElapsedTime(_at, now).TotalSeconds * perSecond);
        _at = now;
    }
}
