using Cluster.Client.Engine;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Simulation;

/// <summary>A program on the real client engine: sends, receives, waits, gives up, and perhaps dies.</summary>
internal sealed partial class SimulatedClient
{
    private const int CallsAtOnce = 4;

    private readonly World _world;
    private readonly History _history;
    private readonly CallEngine _engine;
    private readonly int _number;
    private readonly Dictionary<EngineStream, Pipe> _pipes = [];
    private readonly List<EngineCall> _running = [];
    private readonly List<EngineCall> _done = [];
    private int _sent;
    private int? _queue;
    private bool _stopped;
    private long _tickAtMs = long.MaxValue;

    public SimulatedClient(World world, History history, int number)
    {
        _world = world;
        _history = history;
        _number = number;
        var settings = new EngineSettings
        {
            Process = new NewProcess { Credentials = new Credentials { Uid = 1000 }, LeaseMs = 4_000 },
            AssertMinMs = 300,
            AssertMaxMs = 900,
            MovedMs = 100,
        };
        _engine = new CallEngine(settings, world.Clock.Random.NextDouble);
        Start(DirectoryTarget, new Call { Get = new Get { Key = 7, Flags = 0x200 | 0x1B6 } });
        Pump();
        Act();
    }

    public bool IsDead { get; private set; }

    /// <summary>Whether it still waits for something.</summary>
    public bool IsBusy => !IsDead && _running.Count > 0;

    public bool HasQueue => _queue is not null;

    /// <summary>No new calls; those that wait are given up.</summary>
    public void Stop()
    {
        _stopped = true;
        foreach (var call in _running.ToArray()) _engine.Cancel(call, _world.Clock.NowMs);
        Pump();
    }

    /// <summary>SIGKILL: its streams break, and it is never heard of again.</summary>
    public void Die()
    {
        _world.Clock.Note($"client {_number} dies");
        IsDead = true;
        foreach (var pipe in _pipes.Values.ToArray()) pipe.Session?.Break();
    }

    /// <summary>Takes the next message that is there; ENOMSG when there is none.</summary>
    public void Drain() => Start(Queue, new Call { Msgrcv = new MsgRcv { Size = 1_000, Flags = IpcFlags.IPC_NOWAIT } });

    private static Target DirectoryTarget => new() { Kind = Kind.Directory, Id = (long)Kind.MessageQueue };

    private Target Queue => new() { Kind = Kind.MessageQueue, Id = _queue!.Value };

    private void Act() => _world.Clock.After(_world.Clock.Random.Next(1, 120), () =>
    {
        if (IsDead || _stopped) return;
        var random = _world.Clock.Random;
        if (_running.Count > 0 && random.Next(6) == 0)
            _engine.Cancel(_running[random.Next(_running.Count)], _world.Clock.NowMs);
        else if (_running.Count < CallsAtOnce && random.Next(3) == 0) ActOnSet(random);
        else if (_queue is not null && _running.Count < CallsAtOnce) Start(Queue, RandomCall(random));
        Pump();
        Act();
    });

    private Call RandomCall(Random random)
    {
        var nowait = random.Next(4) == 0 ? IpcFlags.IPC_NOWAIT : 0;
        if (random.Next(2) == 0)
        {
            var text = $"{_number}:{_sent++}".PadRight(random.Next(3, 30));
            return new Call
            {
                Msgsnd = new MsgSnd { Type = random.Next(1, 4), Text = ByteString.CopyFromUtf8(text), Flags = nowait },
            };
        }

        var except = random.Next(5) == 0 ? IpcFlags.MSG_EXCEPT : 0;
        return new Call { Msgrcv = new MsgRcv { Type = random.Next(-3, 4), Size = 100, Flags = nowait | except } };
    }

    private void Start(Target target, Call body)
    {
        var timeoutMs = _world.Clock.Random.Next(3) == 0 && !_stopped ? _world.Clock.Random.Next(0, 2_000) : -1;
        var call = new EngineCall();
        call.Prepare(target, body, timeoutMs);
        _running.Add(call);
        _history.Started(_number, call);
        _engine.Start(call, _world.Clock.NowMs);
        Pump();
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

        Complete();
        var nextMs = _engine.NextDueMs;
        if (nextMs >= _tickAtMs) return;
        _tickAtMs = nextMs;
        _world.Clock.After(nextMs - _world.Clock.NowMs, () =>
        {
            if (IsDead || _tickAtMs != nextMs) return;
            _tickAtMs = long.MaxValue;
            _engine.Tick(_world.Clock.NowMs);
            Pump();
        });
    }

    private void Complete()
    {
        _done.Clear();
        _engine.TakeCompleted(_done);
        foreach (var call in _done.ToArray())
        {
            _running.Remove(call);
            _history.Completed(_number, call);
            if (call.Target.Equals(SetDirectory)) OnSet(call.Result?.Got);
            else if (call.Result?.Got is { } got) _queue = got.Id;
            OnOperated(call);
        }

        if (_engine.State == EngineState.Failed) IsDead = true; // its lease ran out while it was cut off
        if (_queue is null && !_running.Any(call => call.Target.Equals(DirectoryTarget)) && !IsDead && !_stopped)
            Start(DirectoryTarget, new Call { Get = new Get { Key = 7, Flags = 0x200 | 0x1B6 } });
    }

    private void Open(EngineStream stream)
    {
        var pipe = new Pipe(_world);
        _pipes[stream] = pipe;
        _world.Clock.After(_world.Clock.Random.Next(1, 20), () =>
        {
            if (IsDead) return;
            pipe.Session = _world.Open(
                frame => pipe.ToClient(() =>
                {
                    if (IsDead) return;
                    _engine.Receive(stream, frame, _world.Clock.NowMs);
                    Pump();
                }),
                () => _world.Clock.After(_world.Clock.Random.Next(0, 50), () =>
                {
                    if (IsDead) return;
                    _engine.Lost(stream, "broken", _world.Clock.NowMs);
                    Pump();
                }));
            _engine.Opened(stream, _world.Clock.NowMs);
            Pump();
        });
    }

    /// <summary>A stream: in order both ways, until it breaks; then nothing more comes.</summary>
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
