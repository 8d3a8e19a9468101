using Cluster.Client.Engine;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Simulation;

/// <summary>
/// The product's client engine on the simulated network: a process that makes calls, may be stopped for a while, and
/// may die.
/// </summary>
internal sealed class Driver
{
    private readonly World _world;
    private readonly Action<EngineCall> _completed;
    private readonly CallEngine _engine;
    private readonly Dictionary<EngineStream, Pipe> _pipes = [];
    private readonly List<EngineCall> _running = [];
    private readonly List<EngineCall> _done = [];
    private readonly Queue<Action> _missed = new();
    private long _stoppedUntilMs;
    private long _tickAtMs = long.MaxValue;

    /// <param name="world">Where it lives.</param>
    /// <param name="completed">Called for each completed call.</param>
    /// <param name="uid">The user.</param>
    /// <param name="path">The namespace; null: the namespace of the run.</param>
    /// <param name="isPatient">Whether it repeats a call only on request, and not after a time.</param>
    /// <param name="parent">The process that it is a child of; null: it has none.</param>
    public Driver(
        World world, Action<EngineCall> completed, uint uid = 1000, string? path = null, bool isPatient = false,
        Driver? parent = null)
    {
        (_world, _completed) = (world, completed);
        var settings = new EngineSettings
        {
            Process = new NewProcess
            {
                Credentials = new Credentials { Uid = uid }, Namespace = path ?? world.Path, LeaseMs = 4_000,
            },
            AssertMinMs = isPatient ? 60_000 : 300,
            AssertMaxMs = isPatient ? 90_000 : 900,
            MovedMs = 100,
        };
        if (parent?._engine.Process is { } process)
        {
            settings.Process.Parent = process.Pid;
            settings.Process.ParentTicket = ByteString.CopyFrom(Core.Processes.Process.TicketOf(process.Token.Span));
        }

        _engine = new CallEngine(settings, world.Clock.Random.NextDouble);
    }

    public bool IsDead { get; private set; }

    /// <summary>The pid of the process; 0: it has not started.</summary>
    public int Pid => _engine.Process?.Pid ?? 0;

    public IReadOnlyList<EngineCall> Running => _running;

    public EngineCall Start(Target target, Call body)
    {
        var call = new EngineCall();
        call.Prepare(target, body);
        Start(call);
        return call;
    }

    public void Start(EngineCall call)
    {
        _running.Add(call);
        _engine.Start(call, _world.Clock.NowMs);
        Pump();
    }

    public void Cancel(EngineCall call)
    {
        _engine.Cancel(call, _world.Clock.NowMs);
        Pump();
    }

    /// <summary>_exit(2).</summary>
    public void Exit(int status)
    {
        _engine.Close(_world.Clock.NowMs, status);
        Pump();
    }

    /// <summary>SIGKILL: its streams break, and it does nothing more.</summary>
    public void Die()
    {
        IsDead = true;
        foreach (var pipe in _pipes.Values.ToArray()) pipe.Session?.Break();
    }

    /// <summary>SIGSTOP, and SIGCONT later. Frames that arrive meanwhile wait in its sockets.</summary>
    public void StopFor(long ms)
    {
        _stoppedUntilMs = Math.Max(_stoppedUntilMs, _world.Clock.NowMs + ms);
        _world.Clock.After(_stoppedUntilMs - _world.Clock.NowMs, () =>
        {
            while (!IsStopped && _missed.TryDequeue(out var input)) input();
        });
    }

    private bool IsStopped => _world.Clock.NowMs < _stoppedUntilMs;

    /// <summary>
    /// Does something that the process itself does or notices, in order, and not while it is stopped.
    /// </summary>
    public void WhenRunning(Action action)
    {
        if (IsStopped || _missed.Count > 0) _missed.Enqueue(action);
        else action();
    }

    private void Pump()
    {
        if (IsDead) return;
        while (_engine.TryTakeCommand(out var command))
        {
            if (command.Open) Open(command.Stream);
            else if (_pipes.Remove(command.Stream, out var pipe)) pipe.Session?.Break();
        }

        while (_engine.TryTakeWoken(out var stream))
        {
            while (_engine.NextFrame(stream, _world.Clock.NowMs) is { } frame)
            {
                if (_pipes.TryGetValue(stream, out var pipe)) pipe.ToServer(frame);
            }
        }

        if (_engine.State == EngineState.Failed) IsDead = true; // its lease ran out while it was cut off
        _done.Clear();
        _engine.TakeCompleted(_done);
        foreach (var call in _done.ToArray())
        {
            _running.Remove(call);
            _completed(call);
        }

        if (!IsDead) ScheduleTick();
    }

    private void ScheduleTick()
    {
        var nextMs = _engine.NextDueMs;
        if (nextMs >= _tickAtMs) return;
        _tickAtMs = nextMs;
        _world.Clock.After(nextMs - _world.Clock.NowMs, () => WhenRunning(() =>
        {
            if (IsDead || _tickAtMs != nextMs) return;
            _tickAtMs = long.MaxValue;
            _engine.Tick(_world.Clock.NowMs);
            Pump();
        }));
    }

    private void Open(EngineStream stream)
    {
        var pipe = new Pipe(_world);
        _pipes[stream] = pipe;
        _world.Clock.After(_world.Clock.Random.Next(1, 20), () =>
        {
            if (IsDead) return;
            pipe.Session = _world.Open(
                frame => pipe.ToClient(() => Input(() => _engine.Receive(stream, frame, _world.Clock.NowMs))),
                () => _world.Clock.After(
                    _world.Clock.Random.Next(0, 50),
                    () => Input(() => _engine.Lost(stream, "broken", _world.Clock.NowMs))));
            Input(() => _engine.Opened(stream, _world.Clock.NowMs));
        });
    }

    private void Input(Action input) => WhenRunning(() =>
    {
        if (IsDead) return;
        input();
        Pump();
    });

    /// <summary>A stream: in order both ways until it breaks. Nothing arrives after that.</summary>
    private sealed class Pipe(World world)
    {
        private long _upMs;
        private long _downMs;

        public Session? Session { get; set; }

        public void ToServer(ClientFrame frame)
        {
            var copy = frame.Clone();
            Arrive(ref _upMs, () => Session?.OnFrame(copy));
        }

        public void ToClient(Action arrival) => Arrive(ref _downMs, () =>
        {
            if (Session?.IsBroken != true) arrival();
        });

        private void Arrive(ref long lastMs, Action arrival)
        {
            lastMs = Math.Max(lastMs, world.Clock.NowMs + world.Clock.Random.Next(0, 5));
            world.Clock.After(lastMs - world.Clock.NowMs, arrival);
        }
    }
}
