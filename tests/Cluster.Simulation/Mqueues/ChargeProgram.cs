using Cluster.Client.Engine;
using Cluster.Protocol;

namespace Cluster.Simulation.Mqueues;

/// <summary>
/// A program that makes, opens, closes and unlinks POSIX message queues in one namespace, with an RLIMIT_MSGQUEUE that a few
/// queues of its user fill, and perhaps dies.
/// </summary>
internal sealed class ChargeProgram : SimulatedProgram
{
    /// <summary>RLIMIT_MSGQUEUE: three small queues.</summary>
    public const long Rlimit = 3 * 97;

    private const int Names = 4;
    private static readonly Target Directory = new() { Kind = Kind.Directory, Id = (long)Kind.Mqueue };

    private readonly Dictionary<EngineCall, Action<Result>> _then = [];
    private readonly List<(int Queue, long Number)> _held = [];

    public ChargeProgram(World world, string path) : base(world, path) => Act(mostMs: 200);

    /// <summary>Opens that the limit has refused.</summary>
    public int Refused { get; private set; }

    /// <summary>Unlinks all names and closes what it holds.</summary>
    public void Clear()
    {
        for (var name = 0; name < Names; name++) Unlink(name);
        foreach (var held in _held.ToArray()) Close(held);
    }

    protected override bool MayCall => Driver.Running.Count < 3;

    protected override void Do(Random random)
    {
        switch (random.Next(4))
        {
            case < 2:
                Open(random.Next(Names), random);
                break;
            case 2 when _held.Count > 0:
                Close(_held[random.Next(_held.Count)]);
                break;
            default:
                Unlink(random.Next(Names));
                break;
        }
    }

    private void Open(int name, Random random)
    {
        var get = new Get
        {
            Name = $"/{name}",
            Flags = IpcFlags.IPC_CREAT | (random.Next(3) * (IpcFlags.IPC_EXCL / 2) & IpcFlags.IPC_EXCL),
            Mode = 0x1B6,
            Mqueue = new() { Maxmsg = 1, Msgsize = random.Next(3) == 0 ? 98 : 1 },
            RlimitMsgqueue = Rlimit,
            Volatile = random.Next(4) == 0,
        };
        Start(Directory, new Call { Get = get }, found =>
        {
            var open = new DescriptionOpen { Flags = FileFlags.O_RDWR, CreatedBy = found.Got.Existed ? 0 : found.Seq };
            var call = new Call { Description = new DescriptionCall { Open = open } };
            Start(Queue(found.Got.Id), call, opened => _held.Add((found.Got.Id, opened.DescriptionOpened.Number)));
        });
    }

    private void Close((int Queue, long Number) held)
    {
        _held.Remove(held);
        var close = new DescriptionCall { Close = new DescriptionClose { Number = held.Number } };
        Start(Queue(held.Queue), new Call { Description = close }, _ => { });
    }

    private void Unlink(int name) =>
        Start(Directory, new Call { Remove = new Remove { Name = $"/{name}" } }, _ => { });

    private static Target Queue(int id) => new() { Kind = Kind.Mqueue, Id = id };

    private void Start(Target target, Call body, Action<Result> then)
    {
        var call = new EngineCall();
        call.Prepare(target, body, -1);
        _then[call] = then;
        Driver.Start(call);
    }

    protected override void Completed(EngineCall call, Result result)
    {
        _then.Remove(call, out var then);
        var errno = (Errno)result.Errno;
        if (errno == Errno.None && !IsDead) then!(result);
        if (errno == Errno.EMFILE) Refused++;
        // A close that was turned away, or a call of a program that stops, is made again.
        if (errno is Errno.ENOBUFS or Errno.EINTR && (IsStopped || call.Body.Description is { Close: not null }))
            Again(call, (target, body) => Start(target, body, then!));
        // EIDRM: a volatile queue whose node has died. EBADF: the queue was unlinked before the open.
        if (errno is not (Errno.None or Errno.EINTR or Errno.ENOBUFS or Errno.EBADF or Errno.EIDRM)
            && !(call.Body.Get is not null && errno is Errno.EMFILE or Errno.EEXIST)
            && !(call.Body.Remove is not null && errno == Errno.ENOENT))
            throw new SimulationException($"{call.Body} failed with {errno}");
    }

    protected override void Lose(EngineCall call) => _then.Remove(call);
}
