using Cluster.Client.Engine;
using Cluster.Protocol;

namespace Cluster.Simulation.PosixSemaphores;

/// <summary>A program that waits on one semaphore and posts it, with and without undo, and perhaps dies.</summary>
internal sealed class PosixSemaphoreProgram : SimulatedProgram
{
    public const int InitialValue = 2;

    private const string Name = "/gate";
    private const int CallsAtOnce = 4;
    private static readonly Target Directory = new() { Kind = Kind.Directory, Id = (long)Kind.PosixSemaphore };

    private int _taken;     // without undo, and not posted
    private int _takenUndo;
    private int? _semaphore;
    private long _description;

    public PosixSemaphoreProgram(World world, bool isJudge = false)
        : base(world)
    {
        Find();
        if (!isJudge) Act();
    }

    public bool IsOpen => _description != 0;

    /// <summary>Posts less waits, of those without undo.</summary>
    public int Plain { get; private set; }

    /// <summary>Posts less waits, of those with undo. The end of the process makes it 0.</summary>
    public int Undo { get; private set; }

    /// <summary>Posts, and waits, whose outcome was lost; without undo.</summary>
    public (int Posts, int Waits) Unknown { get; private set; }

    /// <summary>Waits without undo that completed.</summary>
    public int Given { get; private set; }

    public long? Value { get; private set; }

    public void LookAtValue() => Start(new PosixSemaphoreCall
    {
        Getvalue = new PosixSemaphoreGetvalue { Description = _description },
    });

    public void Unlink() => Start(Directory, new Call { Remove = new Remove { Name = Name } });

    private void Find() => Start(
        Directory, new Call { Get = new Get { Name = Name, Flags = IpcFlags.IPC_CREAT, Mode = 0x1B6, Size = InitialValue } });

    protected override bool MayCall => IsOpen && Driver.Running.Count < CallsAtOnce;

    protected override bool MayWait(EngineCall call) => call.Body.PosixSemaphore is { Wait: not null };

    protected override void Do(Random random)
    {
        var undo = random.Next(2) == 0;
        var has = undo ? _takenUndo : _taken;
        if (has > 0 && random.Next(3) != 0)
        {
            if (undo) _takenUndo--;
            else _taken--;
            Start(new PosixSemaphoreCall { Post = new PosixSemaphorePost { Description = _description, Undo = undo } });
            return;
        }

        var wait = new PosixSemaphoreWait { Description = _description, Undo = undo };
        var call = new Call { PosixSemaphore = new PosixSemaphoreCall { Wait = wait } };
        if (random.Next(2) == 0) call.TimeoutMs = random.Next(2_000);
        Start(SemaphoreTarget, call);
    }

    private Target SemaphoreTarget => new() { Kind = Kind.PosixSemaphore, Id = _semaphore!.Value };

    private void Start(PosixSemaphoreCall call) => Start(SemaphoreTarget, new Call { PosixSemaphore = call });

    protected override void Completed(EngineCall call, Result result)
    {
        var errno = (Errno)result.Errno;
        if (errno is not (Errno.None or Errno.EINTR or Errno.ENOBUFS or Errno.ETIMEDOUT))
            throw new SimulationException($"{call.Body} failed with {errno}");
        if (call.Body.PosixSemaphore is { } operation) Operated(call, operation, result);
        else if (errno != Errno.None) Again(call);
        else if (result.Got is { } got)
        {
            _semaphore = got.Id;
            var open = new DescriptionOpen { Flags = FileFlags.O_RDWR, CreatedBy = got.Existed ? 0 : result.Seq };
            if (!IsDead) Start(SemaphoreTarget, new Call { Description = new DescriptionCall { Open = open } });
        }
        else if (result.DescriptionOpened is { } opened) _description = opened.Number;
    }

    private void Operated(EngineCall call, PosixSemaphoreCall operation, Result result)
    {
        if (result.Errno != 0)
        {
            if (operation.Wait is null) Again(call);
            return;
        }

        var change = operation.Wait is not null ? -1 : 1;
        var undo = operation.Wait?.Undo ?? operation.Post?.Undo ?? false;
        if (operation.Getvalue is not null) Value = result.PosixSemaphoreValue.Value;
        else if (undo) Undo += change;
        else Plain += change;
        if (operation.Wait is null) return;
        if (!undo) Given++;
        if (undo) _takenUndo++;
        else _taken++;
    }

    protected override void Lose(EngineCall call)
    {
        var (posts, waits) = Unknown;
        if (call.Body.PosixSemaphore is { Post: { Undo: false } }) Unknown = (posts + 1, waits);
        else if (call.Body.PosixSemaphore is { Wait: { Undo: false } }) Unknown = (posts, waits + 1);
    }
}
