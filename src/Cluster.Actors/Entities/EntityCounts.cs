using Cluster.Core.Machines;

namespace Cluster.Actors.Entities;

/// <summary>
/// Adds the counts of one machine to the counters of its node: after each batch, and only what is new.
/// </summary>
/// <param name="stats">The counters of the node.</param>
/// <param name="machine">It counts for itself, also during its replay.</param>
internal struct EntityCounts(NodeStats stats, Machine machine)
{
    private bool _isRecovered;
    private int _parked;
    private long _parks;
    private long _wakes;
    private long _replays;

    /// <summary>The entity is in memory and reads its journal.</summary>
    public readonly void Begin()
    {
        stats.AddEntities(machine.Key.Kind, 1);
        stats.AddRecovering(1);
    }

    /// <summary>The entity has read its journal. What the replay has counted does not count.</summary>
    public void Recovered()
    {
        _isRecovered = true;
        stats.AddRecovering(-1);
        Skip();
    }

    /// <summary>Adds what was counted since the last time.</summary>
    public void Update()
    {
        var waiters = machine.Waiters;
        if (waiters.Count != _parked) stats.AddParked(waiters.Count - _parked);
        if (waiters.Added != _parks) stats.AddParks(waiters.Added - _parks);
        if (waiters.Removed != _wakes) stats.AddWakes(waiters.Removed - _wakes);
        if (machine.Ledger.Found != _replays) stats.AddReplays(machine.Ledger.Found - _replays);
        _parked = waiters.Count;
        Skip();
    }

    /// <summary>The entity leaves memory.</summary>
    public readonly void End()
    {
        stats.AddEntities(machine.Key.Kind, -1);
        if (!_isRecovered) stats.AddRecovering(-1);
        stats.AddParked(-_parked);
    }

    private void Skip() =>
        (_parks, _wakes, _replays) = (machine.Waiters.Added, machine.Waiters.Removed, machine.Ledger.Found);
}
