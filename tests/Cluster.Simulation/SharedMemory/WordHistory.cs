namespace Cluster.Simulation.SharedMemory;

/// <summary>
/// What was done to one counter, which is only ever incremented and loaded. What an increment returned is its place
/// among all increments, so linearizability is three comparisons: no place twice, and no operation that ended before
/// another began stands behind it.
/// </summary>
internal sealed class WordHistory
{
    private readonly List<(long FromMs, long ToMs, ulong Value, bool Adds)> _operations = [];

    /// <summary>Increments with an unknown outcome.</summary>
    public int Unknown { get; set; }

    public void Add(long fromMs, long toMs, ulong value, bool adds) => _operations.Add((fromMs, toMs, value, adds));

    /// <param name="final">The word at the end.</param>
    public void Check(ulong final)
    {
        var adds = _operations.Where(each => each.Adds).ToArray();
        if (adds.Select(each => each.Value).Distinct().Count() != adds.Length)
            throw new SimulationException("two increments returned one value");
        if (final < (ulong)adds.Length || final > (ulong)(adds.Length + Unknown))
            throw new SimulationException($"{adds.Length} (+{Unknown}) increments, and the word is {final}");
        if (_operations.Any(each => each.Value > final || (each.Adds && each.Value == final)))
            throw new SimulationException("a value from beyond the end");
        ulong reached = 0; // the word was at least this, when an operation that ended by now had ended
        var byEnd = new Queue<(long FromMs, long ToMs, ulong Value, bool Adds)>(_operations.OrderBy(each => each.ToMs));
        foreach (var each in _operations.OrderBy(each => each.FromMs))
        {
            while (byEnd.TryPeek(out var ended) && ended.ToMs < each.FromMs)
            {
                reached = Math.Max(reached, ended.Adds ? ended.Value + 1 : ended.Value);
                byEnd.Dequeue();
            }

            if (each.Value < reached)
                throw new SimulationException($"the word was {reached} already, and {each} saw {each.Value}");
        }
    }
}
