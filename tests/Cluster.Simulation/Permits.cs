using Cluster.Protocol;

namespace Cluster.Simulation;

/// <summary>
/// What is held of two semaphores, by what their holders were told: the first gives permits, the second is a lock. All
/// is taken and given back with SEM_UNDO.
/// </summary>
internal sealed class Permits
{
    /// <summary>What the semaphores begin with.</summary>
    public static readonly uint[] Initial = [3, 1];

    private readonly Dictionary<(int Client, int Num), int> _held = [];
    private readonly SortedDictionary<ulong, (int Client, bool Takes)> _lock = []; // by fencing token

    /// <summary>A client was told that its operations were performed.</summary>
    public void Operated(int client, SemOp semop, ulong revision)
    {
        foreach (var op in semop.Ops)
        {
            var key = (client, (int)op.Num);
            _held[key] = _held.GetValueOrDefault(key) - op.Op;
            if (op.Num == 1) _lock.Add(revision, (client, op.Op < 0));
        }
    }

    /// <summary>Judges a run that has come to rest, when what the dead had taken was undone.</summary>
    /// <param name="values">What the semaphores are.</param>
    /// <param name="isDead">Whether a client died: what it held is not held any more.</param>
    public void Check(IReadOnlyList<uint> values, Func<int, bool> isDead)
    {
        var held = Initial.Select((_, num) =>
            _held.Where(pair => pair.Key.Num == num && !isDead(pair.Key.Client)).Sum(pair => pair.Value)).ToArray();
        var wasSet = values.Any(value => value > 0) || held.Any(count => count > 0);
        for (var num = 0; wasSet && num < Initial.Length; num++)
        {
            if (values[num] + held[num] != Initial[num])
            {
                throw new SimulationException(
                    $"semaphore {num}: {values[num]} there and {held[num]} held are not {Initial[num]}");
            }
        }

        // The lock's fencing tokens: nobody took it while another one, who lived to say when, had it.
        var holder = -1;
        foreach (var (revision, (client, takes)) in _lock)
        {
            if (takes && holder >= 0)
                throw new SimulationException($"{client} took a lock that {holder} held, at {revision}");
            holder = takes && !isDead(client) ? client : -1;
        }
    }
}
