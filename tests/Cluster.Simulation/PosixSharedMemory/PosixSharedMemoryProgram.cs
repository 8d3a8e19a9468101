using Cluster.Client.Engine;
using Cluster.Protocol;
using Cluster.Simulation.SharedMemory;
using Google.Protobuf;

namespace Cluster.Simulation.PosixSharedMemory;

/// <summary>
/// A program that maps and unmaps one POSIX object, increments and loads counters at its start, changes its size, writes and
/// reads words that come and go with the size, and perhaps dies.
/// </summary>
internal sealed class PosixSharedMemoryProgram : SimulatedProgram
{
    /// <summary>No program makes the object shorter: the counters lie before.</summary>
    public const int Least = 262_160;

    /// <summary>All words lie before.</summary>
    public const int Most = 600_000;

    private const string Name = "/memory";
    private const int CallsAtOnce = 4;
    private static readonly int[] Counters = [0, 8, 262_144];
    private static readonly int[] Words = [262_168, 320_000, 524_280, 524_288, 560_000];
    private static readonly int[] Sizes = [Least, Least, 300_000, 350_000, 524_288, 530_000, Most, Most];
    private static readonly Target Directory = new() { Kind = Kind.Directory, Id = (long)Kind.PosixSharedMemory };

    private readonly WordHistory[] _counters;
    private readonly SizeHistory _history;
    private readonly Dictionary<EngineCall, Pending> _pending = [];
    private readonly List<long> _mappings = [];
    private ulong _capability;
    private long? _description;
    private bool _isReady; // the object has room for the counters

    public PosixSharedMemoryProgram(World world, WordHistory[] counters, SizeHistory history)
        : base(world)
    {
        (_counters, _history) = (counters, history);
        Open();
        Act();
    }

    public static int CounterCount => Counters.Length;

    public static IReadOnlyList<int> AllWords => Words;

    public int? Object { get; private set; }

    public bool IsReady => _isReady && _mappings.Count > 0;

    public int MappingCount => _mappings.Count;

    /// <summary>What <see cref="LoadAll"/> has found, by offset.</summary>
    public Dictionary<int, ulong> Loaded { get; } = [];

    /// <summary>What <see cref="ReadAll"/> has found.</summary>
    public byte[] Read { get; } = new byte[Most];

    public void Unlink() => Start(Directory, new Call { Remove = new Remove { Name = Name } });

    public void Close()
    {
        var close = new DescriptionCall { Close = new DescriptionClose { Number = _description!.Value } };
        Start(ObjectTarget, new Call { Description = close });
    }

    public void LoadAll()
    {
        foreach (var offset in Counters.Concat(Words))
            Operate(offset, ShmAtomic.Types.Operation.Load, 0, (_, _, previous) => Loaded[offset] = previous ?? ulong.MaxValue);
    }

    public void ReadAll()
    {
        for (var at = 0; at < Most; at += Bounds.ExtentBytes)
        {
            var (from, length) = (at, Math.Min(Bounds.ExtentBytes, Most - at));
            var read = new ShmRead { Capability = _capability, Length = length };
            Start(ExtentOf(from), new Call { ShmRead = read }, (_, _, result) =>
            {
                if (result.ShmBytes?.Length != length) throw new SimulationException("fewer bytes than were there");
                result.ShmBytes.Data.CopyTo(Read, from);
            });
        }
    }

    public void Truncate(long length, bool grows, Action? then = null)
    {
        var truncate = new PosixSharedMemoryTruncate { Description = _description!.Value, Length = length, Grows = grows };
        var call = new Call { PosixSharedMemory = new PosixSharedMemoryCall { Truncate = truncate } };
        var startMs = World.Clock.NowMs;
        Start(
            ObjectTarget, call,
            (fromMs, toMs, _) =>
            {
                _history.Resized(fromMs, toMs, length, grows);
                then?.Invoke();
            },
            lost: () => _history.Resized(startMs, long.MaxValue, length, grows));
    }

    public void Map()
    {
        var map = new PosixSharedMemoryMap { Description = _description!.Value, Length = Most, Writes = true };
        Start(ObjectTarget, new Call { PosixSharedMemory = new PosixSharedMemoryCall { Map = map } }, (_, _, result) =>
        {
            _mappings.Add(result.ShmAttachment.Id);
            _capability = result.ShmAttachment.Capability;
        });
    }

    private Target ObjectTarget => new() { Kind = Kind.PosixSharedMemory, Id = Object!.Value };

    private Target ExtentOf(int offset) =>
        new() { Kind = Kind.PosixExtent, Id = ((long)Object!.Value << 32) | (long)(offset / Bounds.ExtentBytes) };

    private void Open()
    {
        var get = new Get { Name = Name, Flags = IpcFlags.IPC_CREAT, Mode = 0x1B6 };
        Start(Directory, new Call { Get = get }, (_, _, found) =>
        {
            Object = found.Got.Id;
            var open = new DescriptionOpen
            {
                Flags = FileFlags.O_RDWR, CreatedBy = found.Got.Existed ? 0 : found.Seq,
            };
            Start(ObjectTarget, new Call { Description = new DescriptionCall { Open = open } }, (_, _, opened) =>
            {
                _description = opened.DescriptionOpened.Number;
                Truncate(Least, grows: true, () => _isReady = true);
            });
        });
    }

    protected override bool MayCall => Driver.Running.Count < CallsAtOnce;

    protected override void Do(Random random)
    {
        if (_description is null)
        {
            if (!IsCalling) Open(); // it was cancelled
            return;
        }

        if (!_isReady)
        {
            if (!IsCalling) Truncate(Least, grows: true, () => _isReady = true);
            return;
        }

        switch (random.Next(16))
        {
            case 0:
            case var _ when _mappings.Count == 0:
                Map();
                break;
            case 1:
                Unmap(_mappings[random.Next(_mappings.Count)]);
                break;
            case < 5:
                Truncate(Sizes[random.Next(Sizes.Length)], grows: random.Next(4) == 0);
                break;
            case < 10:
                Use(random.Next(Counters.Length), random.Next(3) == 0);
                break;
            case < 12:
                Write(Words[random.Next(Words.Length)]);
                break;
            case < 14:
                Exchange(Words[random.Next(Words.Length)]);
                break;
            default:
                var offset = Words[random.Next(Words.Length)];
                Operate(offset, ShmAtomic.Types.Operation.Load, 0, (from, to, seen) => _history.Saw(from, to, offset, seen));
                break;
        }
    }

    private void Unmap(long mapping)
    {
        _mappings.Remove(mapping);
        var unmap = new PosixSharedMemoryCall { Unmap = new PosixSharedMemoryUnmap { Mapping = mapping } };
        Start(ObjectTarget, new Call { PosixSharedMemory = unmap }, failed: () => _mappings.Add(mapping));
    }

    private void Use(int counter, bool isLoad)
    {
        var operation = isLoad ? ShmAtomic.Types.Operation.Load : ShmAtomic.Types.Operation.Add;
        Operate(
            Counters[counter], operation, 1,
            (from, to, previous) => _counters[counter].Add(
                from, to, previous ?? throw new SimulationException("a counter was cut off"), !isLoad),
            lost: () => _counters[counter].Unknown += isLoad ? 0 : 1);
    }

    private void Exchange(int offset)
    {
        var (value, startMs) = (_history.NewValue(), World.Clock.NowMs);
        Operate(
            offset, ShmAtomic.Types.Operation.Exchange, value,
            (from, to, previous) =>
            {
                _history.Saw(from, to, offset, previous);
                if (previous is not null) _history.Written(from, to, offset, value);
            },
            lost: () => _history.Written(startMs, long.MaxValue, offset, value));
    }

    private void Write(int offset)
    {
        var (value, startMs) = (_history.NewValue(), World.Clock.NowMs);
        var write = new ShmWrite
        {
            Capability = _capability, Offset = offset % Bounds.ExtentBytes,
            Data = ByteString.CopyFrom(BitConverter.GetBytes(value)),
        };
        Start(
            ExtentOf(offset), new Call { ShmWrite = write },
            (from, to, result) =>
            {
                if (result.Errno == 0) _history.Written(from, to, offset, value);
                else _history.Saw(from, to, offset, null);
            },
            lost: () => _history.Written(startMs, long.MaxValue, offset, value));
    }

    private void Operate(
        int offset, ShmAtomic.Types.Operation operation, ulong operand, Action<long, long, ulong?> then, Action? lost = null)
    {
        var atomic = new ShmAtomic
        {
            Capability = _capability, Operation = operation, Offset = offset % Bounds.ExtentBytes, Width = 8,
            Operand = operand,
        };
        Start(
            ExtentOf(offset), new Call { ShmAtomic = atomic },
            (from, to, result) => then(from, to, result.Errno == 0 ? result.ShmWord.Previous : null), lost: lost);
    }

    /// <param name="target">Whom to call.</param>
    /// <param name="body">The call.</param>
    /// <param name="then">What follows when it happened: from when, until when, and the result.</param>
    /// <param name="failed">What follows when it did not happen.</param>
    /// <param name="lost">What follows when nobody knows.</param>
    private void Start(
        Target target, Call body, Action<long, long, Result>? then = null, Action? failed = null, Action? lost = null)
    {
        var pending = new Pending(World.Clock.NowMs, then, failed, lost);
        var call = new EngineCall();
        call.Prepare(target, body);
        _pending[call] = pending;
        Driver.Start(call);
    }

    protected override void Lose(EngineCall call)
    {
        _pending.Remove(call, out var pending);
        pending!.Lost?.Invoke();
    }

    protected override void Completed(EngineCall call, Result result)
    {
        _pending.Remove(call, out var pending);
        var errno = (Errno)result.Errno;
        if (errno == Errno.ENOBUFS && (IsStopped || call.Target.Equals(Directory)))
        {
            Again(call, (target, body) => Start(target, body, pending!.Then, pending.Failed, pending.Lost));
            return;
        }

        // EFAULT: the word lies beyond the end now.
        var isBeyond = errno == Errno.EFAULT && call.Target.Kind == Kind.PosixExtent;
        if (!isBeyond && errno is not (Errno.None or Errno.EINTR or Errno.ENOBUFS))
            throw new SimulationException($"{call.Body} failed with {errno}");
        if (errno == Errno.None || isBeyond) pending!.Then?.Invoke(pending.FromMs, World.Clock.NowMs, result);
        else pending!.Failed?.Invoke();
    }

    private sealed record Pending(long FromMs, Action<long, long, Result>? Then, Action? Failed, Action? Lost);
}
