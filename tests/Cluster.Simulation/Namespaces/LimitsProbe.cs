using Cluster.Client.Engine;
using Cluster.Protocol;

namespace Cluster.Simulation.Namespaces;

/// <summary>
/// A program that asks for its limits again and again. A change that was answered before a question began has to be in
/// the answer. Its pauses are sometimes long, so that its node lets the leases go.
/// </summary>
internal sealed class LimitsProbe
{
    private static readonly Target Own = new() { Kind = Kind.Namespace };

    private readonly World _world;
    private readonly Administrator _administrator;
    private readonly Dictionary<EngineCall, long> _expected = [];
    private Driver _driver;
    private bool _stopped;

    public LimitsProbe(World world, Administrator administrator)
    {
        (_world, _administrator) = (world, administrator);
        _driver = new Driver(world, Completed);
        Act();
    }

    /// <summary>How many questions were answered.</summary>
    public int Answers { get; private set; }

    public bool IsBusy => !_driver.IsDead && _driver.Running.Count > 0;

    public void Stop() => _stopped = true;

    private void Act()
    {
        var random = _world.Clock.Random;
        _world.Clock.After(random.Next(20) == 0 ? random.Next(100_000) : random.Next(5, 500), () =>
        {
            if (_stopped) return;
            if (_driver.IsDead) _driver = new Driver(_world, Completed);
            if (_driver.Running.Count < 3) Ask();
            Act();
        });
    }

    private void Ask()
    {
        var call = new EngineCall();
        call.Prepare(Own, new Call { LimitsGet = new LimitsGet() });
        _expected.Add(call, _administrator.Msgmni);
        _driver.Start(call);
    }

    private void Completed(EngineCall call)
    {
        if (!_expected.Remove(call, out var expected) || call.Result?.Limits is not { } limits) return;
        Answers++;
        if (limits.Msgmni < expected)
            throw new SimulationException($"msgmni was {expected}, and a later call found {limits.Msgmni}");
    }
}
