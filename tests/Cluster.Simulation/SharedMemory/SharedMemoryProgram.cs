using Cluster.Client.Engine;
using Cluster.Protocol;

namespace Cluster.Simulation.SharedMemory;

/// <summary>
/// A program that attaches and detaches one segment, increments and loads counters, and perhaps dies.
/// </summary>
internal sealed class SharedMemoryProgram : SimulatedProgram
{
    public const int Words = 3;

    private const int CallsAtOnce = 4;
    private const int SegmentBytes = 300_000;
    private static readonly Target Directory = new() { Kind = Kind.Directory, Id = (long)Kind.SharedMemory };

    private readonly WordHistory[] _words;
    private readonly Dictionary<EngineCall, long> _started = [];
    private readonly List<ShmAttachment> _attachments = [];
    private readonly Dictionary<EngineCall, ShmAttachment> _detaching = [];
    private ShmAttachment? _capability;

    public SharedMemoryProgram(World world, WordHistory[] words)
        : base(world)
    {
        _words = words;
        Find();
        Act();
    }

    public int? Segment { get; private set; }

    /// <summary>What it has attached.</summary>
    public int AttachmentCount => _attachments.Count;

    public SegmentStat? LastStat { get; private set; }

    /// <summary>The words, when <see cref="LoadAll"/> has completed.</summary>
    public ulong?[] Loaded { get; } = new ulong?[Words];

    public void Attach() => Start(SegmentTarget, new Call { Shmat = new ShmAt() });

    public void Stat() => Start(SegmentTarget, new Call { Shmstat = new ShmStat { Any = true } });

    public void Remove() => Start(Directory, new Call { Remove = new Remove { Id = Segment!.Value } });

    public void LoadAll()
    {
        for (var word = 0; word < Words; word++) Operate(word, ShmAtomic.Types.Operation.Load);
    }

    private Target SegmentTarget => new() { Kind = Kind.SharedMemory, Id = Segment!.Value };

    private void Find() => Start(Directory, new Call { Get = new Get { Key = 7, Flags = 0x3B6, Size = SegmentBytes } });

    protected override bool MayCall => Segment is not null && Driver.Running.Count < CallsAtOnce;

    protected override void Do(Random random)
    {
        if (_capability is null || random.Next(8) == 0)
        {
            Attach();
        }
        else if (_attachments.Count > 0 && random.Next(8) == 0)
        {
            var attachment = _attachments[random.Next(_attachments.Count)];
            _attachments.Remove(attachment);
            var call = Start(SegmentTarget, new Call { Shmdt = new ShmDt { Attachment = attachment.Id } });
            _detaching.Add(call, attachment);
        }
        else
        {
            var isLoad = random.Next(3) == 0;
            Operate(random.Next(Words), isLoad ? ShmAtomic.Types.Operation.Load : ShmAtomic.Types.Operation.Add);
        }
    }

    // Two words in the first extent, one in the second.
    private void Operate(int word, ShmAtomic.Types.Operation operation)
    {
        var extent = new Target { Kind = Kind.Extent, Id = ((long)Segment!.Value << 32) | (long)(word / 2) };
        Start(extent, new Call
        {
            ShmAtomic = new ShmAtomic
            {
                Capability = _capability!.Capability, Operation = operation, Offset = word % 2 * 8, Width = 8,
                Operand = 1,
            },
        });
    }

    private new EngineCall Start(Target target, Call body)
    {
        var now = World.Clock.NowMs;
        var call = Driver.Start(target, body);
        if (!call.IsCompleted) _started[call] = now;
        return call;
    }

    protected override void Completed(EngineCall call, Result result)
    {
        _started.Remove(call, out var fromMs);
        var errno = (Errno)result.Errno;
        var isNeeded = IsStopped || call.Target.Equals(Directory);
        if (errno == Errno.ENOBUFS && isNeeded && call.Body.Shmdt is null)
            Again(call, (target, body) => Start(target, body));
        if (errno is not (Errno.None or Errno.EINTR or Errno.ENOBUFS))
            throw new SimulationException($"{call.Body} failed with {errno}");
        if (_detaching.Remove(call, out var attachment) && errno != Errno.None) _attachments.Add(attachment);
        if (errno != Errno.None)
        {
            if (Segment is null && errno == Errno.EINTR) Find();
            return;
        }

        if (result.Got is { } got) Segment = got.Id;
        if (result.ShmAttachment is { } attached) _attachments.Add(_capability = attached);
        if (result.SegmentStat is { } stat) LastStat = stat;
        if (result.ShmWord is not { } word) return;
        var number = (int)((call.Target.Id & 1) * 2 + call.Body.ShmAtomic.Offset % 16 / 8);
        var adds = call.Body.ShmAtomic.Operation == ShmAtomic.Types.Operation.Add;
        _words[number].Add(fromMs, World.Clock.NowMs, word.Previous, adds);
        if (!adds) Loaded[number] = word.Previous;
    }

    protected override void Lose(EngineCall call)
    {
        _started.Remove(call);
        if (call.Body.ShmAtomic is not { Operation: ShmAtomic.Types.Operation.Add } add) return;
        _words[(int)((call.Target.Id & 1) * 2 + add.Offset % 16 / 8)].Unknown++;
    }
}
