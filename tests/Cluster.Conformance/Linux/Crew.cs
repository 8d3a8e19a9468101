namespace Cluster.Conformance.Linux;

/// <summary>The workers of a script, and spare ones that replace workers that end.</summary>
internal sealed class Crew : IDisposable
{
    private const int Spares = 3;

    private readonly WorkerProcess[] _workers;
    private readonly Queue<WorkerProcess> _spares = new();
    private readonly bool _asRoot;
    private bool _wasContinued;

    /// <param name="size">How many work.</param>
    /// <param name="asRoot">Whether they become different users.</param>
    public Crew(int size, bool asRoot)
    {
        _asRoot = asRoot;
        _workers = new WorkerProcess[size];
        for (var who = 0; who < size + Spares; who++) _spares.Enqueue(new WorkerProcess());
        for (var who = 0; who < size; who++) _workers[who] = Next(who);
    }

    public int Size => _workers.Length;

    public WorkerProcess this[int who] => _workers[who];

    /// <summary>A worker ends, and another takes its place.</summary>
    public void Replace(int who, bool byKill)
    {
        _workers[who].End(byKill);
        _workers[who] = Next(who);
        _spares.Enqueue(new WorkerProcess());
    }

    /// <summary>After a difference nothing is known of the workers: new ones for the next run.</summary>
    public void Renew()
    {
        _wasContinued |= WasContinued();
        for (var who = 0; who < Size; who++)
        {
            _workers[who].Dispose();
            _workers[who] = Next(who);
            _spares.Enqueue(new WorkerProcess());
        }
    }

    /// <summary>
    /// Whether a worker was stopped and continued since the last check: signal(7) interrupts a blocked
    /// call then, or begins it again at the end of the line.
    /// </summary>
    public bool WasContinued()
    {
        var was = _workers.Count(worker => worker.WasContinued()) > 0 | _wasContinued;
        _wasContinued = false;
        return was;
    }

    public void Dispose()
    {
        foreach (var worker in _workers.Concat(_spares)) worker.Dispose();
    }

    // The identity of a worker follows from its index, so that a repeated script has the same workers.
    private WorkerProcess Next(int who)
    {
        var worker = _spares.Dequeue();
        worker.Await();
        if (!_asRoot) return worker;
        var (uid, gid) = (who % 5) switch { 0 => (0u, 0u), 1 => (2000u, 100u), 2 => (2000u, 300u), _ => (1000u, 100u) };
        worker.Become(uid, gid);
        return worker;
    }
}
