using System.Buffers.Binary;
using Cluster.Client.Engine;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Simulation.Fifos;

/// <summary>A program that writes records to a FIFO, or reads them, and perhaps dies. The keeper has both ends open.</summary>
internal sealed class FifoProgram
{
    private const string Name = "/run/f";
    private static readonly Target Directory = new() { Kind = Kind.Directory, Id = (long)Kind.Fifo };

    private readonly World _world;
    private readonly FifoHistory _history;
    private readonly Driver _driver;
    private readonly int _number; // of a writer, from 1
    private readonly int _access;
    private Target? _fifo;
    private long _description;
    private ulong _lastRecord;
    private int _again;
    private bool _stopped;

    public FifoProgram(World world, FifoHistory history, int access, int number = 0)
    {
        (_world, _history, _access, _number) = (world, history, access, number);
        _driver = new Driver(world, Completed);
        Start(Directory, new Call { Get = new Get { Name = Name, Flags = IpcFlags.IPC_CREAT, Mode = 0x1B6 } });
        if (access != FileFlags.O_RDWR) Act();
    }

    public bool IsDead => _driver.IsDead;

    public bool Reads => _access == FileFlags.O_RDONLY;

    public bool IsBusy => !IsDead && (_driver.Running.Count > 0 || _again > 0);

    public bool IsOpen => _description != 0;

    /// <summary>Calls that completed.</summary>
    public int Count { get; private set; }

    /// <summary>Whether the last read found nothing.</summary>
    public bool FoundNothing { get; private set; }

    public void Die()
    {
        foreach (var call in _driver.Running)
            if (call.Body.Fifo is { Write: { } write }) _history.MayHaveWritten(write.Data.Span);
        _driver.Die();
    }

    /// <summary>Makes no new calls, and cancels the waiting ones.</summary>
    public void Stop()
    {
        _stopped = true;
        foreach (var call in _driver.Running.Where(call => call.Body.Fifo is not null).ToArray()) _driver.Cancel(call);
    }

    /// <summary>Reads what is there, without waiting.</summary>
    public void Drain()
    {
        FoundNothing = false;
        Start(_fifo!, new Call { TimeoutMs = 0, Fifo = Reading(1 << 20) });
    }

    public void Unlink() => Start(Directory, new Call { Remove = new Remove { Name = Name } });

    private void Act() => _world.Clock.After(_world.Clock.Random.Next(1, 150), () =>
    {
        if (IsDead || _stopped) return;
        var random = _world.Clock.Random;
        if (_driver.Running.Count > 0 && random.Next(10) == 0)
            _driver.Cancel(_driver.Running[random.Next(_driver.Running.Count)]);
        else if (IsOpen && _driver.Running.Count < 3) Do(random);
        Act();
    });

    private void Do(Random random)
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

    private void Start(Target target, Call body)
    {
        var call = new EngineCall();
        call.Prepare(target, body, body.HasTimeoutMs ? body.TimeoutMs : -1);
        _driver.Start(call);
    }

    private void Completed(EngineCall call)
    {
        Count++;
        if (call.Result is not { } result)
        {
            if (call.Body.Fifo is { Write: { } unknown }) _history.MayHaveWritten(unknown.Data.Span);
            return;
        }

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

    // Cancelled, or turned away by an executor that was full.
    private void Again(EngineCall call)
    {
        var body = call.Body.Clone();
        body.Seq = 0;
        _again++;
        _world.Clock.After(10, () =>
        {
            _again--;
            if (!IsDead) Start(call.Target, body);
        });
    }
}
