namespace Cluster.Simulation.Signals;

/// <summary>
/// The real-time signals that were sent to one process and taken by it. Each has a value of its own: the sender, and a
/// number that counts up in the order of its calls.
/// </summary>
internal sealed class SignalHistory
{
    private readonly HashSet<long> _sent = [];
    private readonly HashSet<long> _maybe = []; // whose outcome was lost
    private readonly List<(ulong Revision, int Signal, long Value)> _taken = [];

    /// <summary>Signals that were certainly sent.</summary>
    public int Count => _sent.Count;

    public void Sent(long value) => _sent.Add(value);

    public void MayHaveSent(long value) => _maybe.Add(value);

    public void Took(ulong revision, int signal, long value) => _taken.Add((revision, signal, value));

    /// <summary>
    /// Each signal was taken once, those of one sender and one number in the order in which they were sent, and none is lost
    /// if the receiver lives.
    /// </summary>
    public void Check(bool isReceiverDead)
    {
        var taken = new HashSet<long>();
        var last = new Dictionary<(long Sender, int Signal), long>();
        foreach (var (_, signal, value) in _taken.OrderBy(each => each.Revision))
        {
            if (!taken.Add(value)) throw new SimulationException($"{value:x} was taken twice");
            if (!_sent.Contains(value) && !_maybe.Contains(value))
                throw new SimulationException($"{value:x} was taken, and not sent");
            var line = (value >> 32, signal);
            if (value < last.GetValueOrDefault(line))
                throw new SimulationException($"{value:x} was taken after {last[line]:x}");
            last[line] = value;
        }

        if (isReceiverDead) return;
        var lost = _sent.FirstOrDefault(value => !taken.Contains(value));
        if (lost != 0) throw new SimulationException($"{lost:x} is lost");
    }
}
