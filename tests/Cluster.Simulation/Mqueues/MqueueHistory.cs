namespace Cluster.Simulation.Mqueues;

/// <summary>What was sent and received, and which descriptions were passed on.</summary>
internal sealed class MqueueHistory
{
    private readonly Dictionary<int, int> _queueOf = [];
    private readonly HashSet<int> _sent = [];
    private readonly HashSet<int> _maybe = [];
    private readonly Dictionary<int, List<int>> _receivers = [];
    private readonly HashSet<((int Queue, long Number) Held, int Program)> _shared = [];
    private int _last;

    public int NewMessage(int queue)
    {
        _queueOf[++_last] = queue;
        return _last;
    }

    public void Sent(int message) => _sent.Add(message);

    /// <summary>The sender died before the answer.</summary>
    public void MayBeSent(int message) => _maybe.Add(message);

    public void Received(int message, int program)
    {
        if (!_receivers.TryGetValue(message, out var receivers)) _receivers[message] = receivers = [];
        receivers.Add(program);
    }

    /// <summary>A description is given to a program; whether it arrives is not known yet.</summary>
    public void Sharing((int Queue, long Number) held, int program) => _shared.Add((held, program));

    public bool MayHold((int Queue, long Number) held, int program) => _shared.Contains((held, program));

    /// <summary>
    /// Each message was received once, or again after its receiver has died; each that was sent to the queue that lasts
    /// was received in the end; and none was invented.
    /// </summary>
    public void Check(int lasting, Func<int, bool> isDead)
    {
        foreach (var (message, receivers) in _receivers)
        {
            if (!_sent.Contains(message) && !_maybe.Contains(message))
                throw new SimulationException($"message {message} was received, and its send has failed");
            if (receivers.SkipLast(1).Any(program => !isDead(program)))
                throw new SimulationException($"message {message} was received by {string.Join(" and ", receivers)}");
        }

        foreach (var message in _sent.Where(message => _queueOf[message] == lasting))
        {
            if (!_receivers.ContainsKey(message)) throw new SimulationException($"message {message} is lost");
        }
    }
}
