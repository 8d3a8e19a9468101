using Cluster.Protocol;

namespace Cluster.Simulation;

/// <summary>
/// How much of three semaphores is held, according to what the holders were told. The first gives permits. The second
/// is a lock. The third is a lock by waiting for zero, which a process passes on among its callers. All operations use
/// SEM_UNDO.
/// </summary>
internal sealed class Permits
{
    /// <summary>The initial values.</summary>
    public static readonly uint[] Initial = [3, 1, 0];

    /// <summary>The number of the lock that is passed on.</summary>
    public const int Passing = 2;

    private readonly Dictionary<(int Client, int Num), int> _held = [];
    private readonly SortedDictionary<ulong, (int Client, bool Takes)> _lock = []; // by fencing token
    private readonly SortedDictionary<ulong, (int Client, Step Step)> _passed = []; // by fencing token

    private enum Step { Takes, Inherits, Gives }

    /// <summary>How often a lock went from one caller of a process to the next, without the set.</summary>
    public int Inherited { get; private set; }

    /// <summary>A client has learned that its operations were performed.</summary>
    public void Operated(int client, SemOp semop, Result result)
    {
        foreach (var op in semop.Ops)
        {
            var key = (client, (int)op.Num);
            _held[key] = _held.GetValueOrDefault(key) - op.Op;
            if (op.Num == 1) _lock.Add(result.Revision, (client, op.Op < 0));
        }

        if (semop.Ops[^1] is not { Num: Passing } last || result.Revision == 0) return; // 0: passed on, with no event
        if (result.After != 0) Inherited++;
        var step = last.Op < 0 ? Step.Gives : result.After == 0 ? Step.Takes : Step.Inherits;
        _passed.Add(result.Revision, (client, step));
    }

    /// <summary>Checks a run that has ended, after the permits of dead clients were undone.</summary>
    /// <param name="values">The final values.</param>
    /// <param name="isDead">Whether a client died. Its permits are released.</param>
    public void Check(IReadOnlyList<uint> values, Func<int, bool> isDead)
    {
        var held = Initial.Select((_, num) =>
            _held.Where(pair => pair.Key.Num == num && !isDead(pair.Key.Client)).Sum(pair => pair.Value)).ToArray();
        for (var num = 0; num < Initial.Length; num++)
        {
            var wasSet = num == Passing || values[num] > 0 || held[num] > 0;
            if (wasSet && values[num] + held[num] != Initial[num])
            {
                throw new SimulationException(
                    $"semaphore {num}: {values[num]} there and {held[num]} held are not {Initial[num]}");
            }
        }

        // The fencing tokens of the lock: no client took it while another client had it and reported the time.
        var holder = -1;
        foreach (var (revision, (client, takes)) in _lock)
        {
            if (takes && holder >= 0)
                throw new SimulationException($"{client} took a lock that {holder} held, at {revision}");
            holder = takes && !isDead(client) ? client : -1;
        }

        CheckPassed(isDead);
    }

    // As above; but who inherits has it from a caller of the same process.
    private void CheckPassed(Func<int, bool> isDead)
    {
        var holder = -1;
        foreach (var (revision, (client, step)) in _passed)
        {
            var isWrong = step == Step.Takes ? holder >= 0 : holder != client && !isDead(client);
            if (isWrong) throw new SimulationException($"{client} {step} the passing lock of {holder}, at {revision}");
            holder = step == Step.Gives || isDead(client) ? -1 : client;
        }
    }
}
