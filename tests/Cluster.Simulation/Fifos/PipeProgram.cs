using Cluster.Client.Engine;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Simulation.Fifos;

/// <summary>
/// A program that makes pipes, passes their ends to the other programs, writes, reads and closes, and perhaps dies, also
/// between the two calls that make a pipe.
/// </summary>
internal sealed class PipeProgram : SimulatedProgram
{
    private const int CallsAtOnce = 4;
    private static readonly Target Directory = new() { Kind = Kind.Directory, Id = (long)Kind.Fifo };

    private readonly List<PipeProgram> _all;
    private readonly HashSet<(int Pipe, long Number)> _held = [];
    private int _pid;

    public PipeProgram(World world, List<PipeProgram> all)
        : base(world)
    {
        _all = all;
        all.Add(this);
        Act();
    }

    /// <summary>The pipes that it has made and opened.</summary>
    public int Made { get; private set; }

    protected override bool MayCall => Driver.Running.Count < CallsAtOnce;

    protected override bool MayWait(EngineCall call) => call.Body.Fifo is not null;

    protected override void Lose(EngineCall call)
    {
    }

    protected override void Do(Random random)
    {
        if (_held.Count == 0 || random.Next(6) == 0)
        {
            Start(Directory, new Call { Get = new Get { Unnamed = true, Flags = IpcFlags.IPC_CREAT, Mode = 0x180 } });
            return;
        }

        var held = _held.ElementAt(random.Next(_held.Count));
        var other = _all[random.Next(_all.Count)];
        switch (random.Next(5))
        {
            case 0:
                Describe(held, new DescriptionCall { Close = new DescriptionClose { Number = held.Number } });
                _held.Remove(held);
                break;
            case 1 when other._pid != 0 && other != this:
                Describe(held, new DescriptionCall { Share = new DescriptionShare { Number = held.Number, Pid = other._pid } });
                other._held.Add(held);
                break;
            case 2:
                var data = ByteString.CopyFrom(new byte[random.Next(1, 5_000)]);
                Start(Pipe(held), new Call { Fifo = new FifoCall { Write = new() { Description = held.Number, Data = data } } });
                break;
            default:
                Start(Pipe(held), new Call { Fifo = new FifoCall { Read = new() { Description = held.Number, Size = 4_096 } } });
                break;
        }
    }

    private void Describe((int Pipe, long Number) held, DescriptionCall call) =>
        Start(Pipe(held), new Call { Description = call });

    private static Target Pipe((int Pipe, long Number) held) => new() { Kind = Kind.Fifo, Id = held.Pipe };

    protected override void Completed(EngineCall call, Result result)
    {
        if (call.CompletedPid != 0) _pid = call.CompletedPid;
        var errno = (Errno)result.Errno;
        // EBADF: an end that another one passes is not there yet, or is closed already.
        if (errno is not (Errno.None or Errno.EINTR or Errno.ENOBUFS or Errno.EBADF or Errno.EPIPE)
            && (errno, call.Body.Description?.OpCase) != (Errno.ESRCH, DescriptionCall.OpOneofCase.Share))
            throw new SimulationException($"{call.Body} failed with {errno}");
        if (result.Got is { } got && !IsDead)
        {
            var open = new DescriptionOpen { CreatedBy = result.Seq, Pair = true };
            Start(Pipe((got.Id, 0)), new Call { Description = new DescriptionCall { Open = open } });
        }
        else if (result.DescriptionOpened is { } opened)
        {
            var pipe = (int)call.Target.Id;
            if (!_held.Add((pipe, opened.Number)) | !_held.Add((pipe, opened.PeerNumber)))
                throw new SimulationException("an end was opened twice");
            Made++;
        }
        else if (call.Body.Description is { Open: not null } && errno != Errno.None)
        {
            // Only the creator opens the pipe, and it has not opened it. EBADF: the pipe has ended, which may not be.
            if (errno == Errno.EBADF) throw new SimulationException("a pipe ended before its creator opened it");
            Again(call);
        }
    }
}
