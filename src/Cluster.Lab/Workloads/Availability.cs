namespace Cluster.Lab.Workloads;

/// <summary>
/// The longest gap of one object. Calls that may have to wait for another client (a blocked receive) are not owed an
/// answer, but theirs counts as one. Times in ns.
/// </summary>
internal sealed class Availability(string name)
{
    private readonly Lock _lock = new();
    private int _owed;
    private long _since;
    private long _start;
    private long _longest;

    public void Begin(long now)
    {
        lock (_lock)
        {
            if (_owed++ == 0) _since = now;
        }
    }

    public void End(long now, bool wasOwed)
    {
        lock (_lock)
        {
            if (_owed > 0) Note(now);
            if (wasOwed) _owed--;
            _since = now;
        }
    }

    public ObjectGap Longest(long now)
    {
        lock (_lock)
        {
            var isOpen = _owed > 0 && now - _since > _longest;
            var (start, length) = isOpen ? (_since, now - _since) : (_start, _longest);
            return new ObjectGap(name, start, TimeSpan.FromTicks(length / 100), isOpen);
        }
    }

    private void Note(long now)
    {
        if (now - _since <= _longest) return;
        (_start, _longest) = (_since, now - _since);
    }
}
