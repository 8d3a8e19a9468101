using System.Buffers.Binary;
using Cluster.Client.Engine;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Simulation.Fifos;

/// <summary>A program that writes records to a FIFO, or reads them, and perhaps dies. The keeper has both ends open.</summary>
internal sealed class FifoProgram : SimulatedProgram
{
    private const string Name = "/run/f";
    private static readonly Target Directory = new() { Kind = Kind.Directory, Id = (long)Kind.Fifo };

    private readonly FifoHistory _history;
    private readonly int _number; // of a writer, from 1
    private readonly int _access;
    private Target? _fifo;
    private long _description;
    private ulong _lastRecord;

    public FifoProgram(World world, FifoHistory history, int access, int number = 0)
        : base(world)
    {
        (_history, _access, _number) = (history, access, number);
        Start(Directory, new Call { Get = new Get { Name = Name, Flags = IpcFlags.IPC_CREAT, Mode = 0x1B6 } });
        if (access != FileFlags.O_RDWR) Act(mostMs: 150, cancels: 10);
    }

    public bool Reads => _access == FileFlags.O_RDONLY;

    public bool IsOpen => _description != 0;

    /// <summary>Whether the last read found nothing.</summary>
    public bool FoundNothing { get; private set; }

    /// <summary>Reads what is there, without waiting.</summary>
    public void Drain()
    {
        FoundNothing = false;
        Start(_fifo!, new Call { TimeoutMs = 0, Fifo = Reading(1 << 20) });
    }

    public void Unlink() => Start(Directory, new Call { Remove = new Remove { Name = Name } });

    protected override bool MayCall => IsOpen && Driver.Running.Count < 3;

    protected override bool MayWait(EngineCall call) => call.Body.Fifo is not null;

    protected override void Lose(EngineCall call)
    {
        if (call.Body.Fifo is { Write: { } write }) _history.MayHaveWritten(write.Data.Span);
    }

    protected override void Do(Random random)
    {
        int[] records = [1, 5, 100, 512, 513, 2_000, 10_000];
        var size = records[random.Next(records.Length)] * FifoHistory.RecordBytes;
        var call = new Call { Fifo = _access == FileFlags.O_WRONLY ? Writing(size) : Reading(size) };
        if (random.Next(3) == 0) call.TimeoutMs = random.Next(2_000);
        Start(_fifo!, call);
    }

    private FifoCall Reading(int size) => new() { Read = new FifoRead { Description = _description, Size = size } };

    private FifoCall Writing(int size)
    {
        var data = new byte[size];
        for (var at = 0; at < size; at += FifoHistory.RecordBytes)
            BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(at), ((ulong)_number << 48) + ++_lastRecord);
        return new() { Write = new FifoWrite { Description = _description, Data = ByteString.CopyFrom(data) } };
    }

    protected override void Completed(EngineCall call, Result result)
    {
        var errno = (Errno)result.Errno;
        if (errno is not (Errno.None or Errno.EINTR or Errno.ENOBUFS or Errno.ETIMEDOUT))
            throw new SimulationException($"{call.Body} failed with {errno}");
        if (call.Body.Fifo is { Write: { } write })
        {
            _history.Wrote(write.Data.Span, errno == Errno.None ? result.FifoWritten.Bytes : 0);
        }
        else if (call.Body.Fifo is { Read: not null })
        {
            FoundNothing = errno == Errno.ETIMEDOUT;
            if (errno != Errno.None) return;
            if (result.FifoBytes.Data.Length == 0) throw new SimulationException("an end, although the FIFO is open");
            _history.Read(result.FifoBytes.Data.Span, result.Revision, this);
        }
        else if (errno != Errno.None)
        {
            Again(call);
        }
        else if (result.Got is { } got)
        {
            _fifo = new Target { Kind = Kind.Fifo, Id = got.Id };
            var open = new DescriptionOpen { Flags = _access };
            if (!IsDead) Start(_fifo, new Call { Description = new DescriptionCall { Open = open } });
        }
        else if (result.DescriptionOpened is { } opened)
        {
            _description = opened.Number;
        }
    }
}
