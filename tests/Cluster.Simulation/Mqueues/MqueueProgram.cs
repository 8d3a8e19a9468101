using Cluster.Client.Engine;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Simulation.Mqueues;

/// <summary>
/// A program on POSIX message queues: it opens and closes them, sends and receives, polls, passes descriptions to the other
/// programs, unlinks a name, and perhaps dies.
/// </summary>
internal sealed class MqueueProgram : SimulatedProgram
{
    /// <summary>Nobody unlinks this one before the end.</summary>
    public const string Lasting = "/lasting";

    /// <summary>This one is unlinked again and again.</summary>
    public const string Fleeting = "/fleeting";

    private const int CallsAtOnce = 4;
    private static readonly Target Directory = new() { Kind = Kind.Directory, Id = (long)Kind.Mqueue };

    private readonly MqueueHistory _history;
    private readonly List<MqueueProgram> _all;
    private readonly Dictionary<EngineCall, Action<Result>> _then = [];
    private readonly Dictionary<(int Queue, long Number), ulong> _changed = []; // revisions

    public MqueueProgram(World world, MqueueHistory history, List<MqueueProgram> all, bool isJudge = false)
        : base(world)
    {
        (_history, _all) = (history, all);
        Number = all.Count;
        all.Add(this);
        Open(Lasting);
        if (!isJudge) Act();
    }

    public int Number { get; }

    public int Pid { get; private set; }

    /// <summary>The descriptions that it holds: queue and number. A set, because a description can be shared twice.</summary>
    public HashSet<(int Queue, long Number)> Held { get; } = [];

    /// <summary>Whether the last receive found nothing.</summary>
    public bool FoundNothing { get; private set; }

    public int? LastingQueue { get; private set; }

    public void Unlink(string name) => Start(Directory, new Call { Remove = new Remove { Name = name } }, _ => { });

    public void Close()
    {
        foreach (var held in Held.ToArray()) Close(held);
    }

    public void Drain() => Receive(Held.First(held => held.Queue == LastingQueue), nowait: true);

    protected override bool MayCall => Driver.Running.Count < CallsAtOnce;

    protected override bool MayWait(EngineCall call) =>
        call.Body.Mqueue is not null || call.Body.Description is { Poll: not null };

    protected override void Do(Random random)
    {
        if (Held.Count == 0 || random.Next(10) == 0)
        {
            Open(random.Next(2) == 0 ? Lasting : Fleeting);
            return;
        }

        var held = Held.ElementAt(random.Next(Held.Count));
        switch (random.Next(12))
        {
            case 0:
                Close(held);
                break;
            case 1:
                Share(held, _all[random.Next(_all.Count)]);
                break;
            case 2:
                if (random.Next(3) == 0) Unlink(Fleeting);
                break;
            case 3:
                var poll = new DescriptionPoll { Number = held.Number, Events = 1 + (4 * random.Next(2)) };
                Start(Queue(held.Queue), new Call { Description = new DescriptionCall { Poll = poll } }, _ => { });
                break;
            case < 8:
                Send(held, random);
                break;
            default:
                Receive(held, random.Next(4) == 0);
                break;
        }
    }

    private static Target Queue(int id) => new() { Kind = Kind.Mqueue, Id = id };

    private void Open(string name)
    {
        var get = new Get { Name = name, Flags = IpcFlags.IPC_CREAT, Mode = 0x1B6, Mqueue = new() { Maxmsg = 3, Msgsize = 9 } };
        EngineCall? finding = null;
        finding = Start(Directory, new Call { Get = get }, found =>
        {
            if (IsDead) return;
            var id = found.Got.Id;
            if (name == Lasting) LastingQueue = id;
            var open = new DescriptionOpen
            {
                Flags = FileFlags.O_RDWR, CreatedBy = found.Got.Existed ? 0 : found.Seq,
            };
            Start(Queue(id), new Call { Description = new DescriptionCall { Open = open } }, opened =>
            {
                if (!Held.Add((id, opened.DescriptionOpened.Number)))
                    throw new SimulationException("a description was opened twice");
            });
        });
    }

    private void Close((int Queue, long Number) held)
    {
        Held.Remove(held);
        var close = new DescriptionCall { Close = new DescriptionClose { Number = held.Number } };
        Start(
            Queue(held.Queue), new Call { Description = close }, closed => Change(held, closed.Revision, isHeld: false),
            errno =>
            {
                // EBADF: an earlier close has happened, whose answer is still on its way.
                if (errno != Errno.EBADF) Held.Add(held);
            });
    }

    // Answers may overtake each other: the later event of the object counts.
    private void Change((int Queue, long Number) held, ulong revision, bool isHeld)
    {
        if (_changed.GetValueOrDefault(held) > revision) return;
        _changed[held] = revision;
        if (isHeld) Held.Add(held);
        else Held.Remove(held);
    }

    // The other one holds it from the answer on, if it lives then.
    private void Share((int Queue, long Number) held, MqueueProgram other)
    {
        if (other.Pid == 0 || other == this) return;
        var share = new DescriptionShare { Number = held.Number, Pid = other.Pid };
        _history.Sharing(held, other.Number);
        Start(
            Queue(held.Queue), new Call { Description = new DescriptionCall { Share = share } },
            shared => other.Change(held, shared.Revision, isHeld: true));
    }

    private void Send((int Queue, long Number) held, Random random)
    {
        var message = _history.NewMessage(held.Queue);
        var send = new MqueueSend
        {
            Description = held.Number, Priority = (uint)random.Next(3), Text = ByteString.CopyFromUtf8($"{message}"),
        };
        Start(Queue(held.Queue), new Call { Mqueue = new MqueueCall { Send = send } }, _ => _history.Sent(message));
    }

    private void Receive((int Queue, long Number) held, bool nowait)
    {
        var receive = new MqueueReceive { Description = held.Number, Size = 9 };
        Start(
            Queue(held.Queue), new Call { Mqueue = new MqueueCall { Receive = receive } },
            taken => _history.Received(int.Parse(taken.MqueueMessage.Text.ToStringUtf8()), Number),
            timeoutMs: nowait ? 0 : -1);
    }

    private EngineCall Start(
        Target target, Call body, Action<Result> then, Action<Errno>? otherwise = null, long timeoutMs = -2)
    {
        var random = World.Clock.Random;
        if (timeoutMs == -2) timeoutMs = random.Next(3) == 0 && !IsStopped && body.Mqueue is not null ? random.Next(2_000) : -1;
        var call = new EngineCall();
        call.Prepare(target, body, timeoutMs);
        _then[call] = result =>
        {
            if (result.Errno == 0) then(result);
            else otherwise?.Invoke((Errno)result.Errno);
        };
        Driver.Start(call);
        return call;
    }

    protected override void Completed(EngineCall call, Result result)
    {
        _then.Remove(call, out var then);
        if (call.CompletedPid != 0) Pid = call.CompletedPid;
        var errno = (Errno)result.Errno;
        if (call.Body.Mqueue is { Receive: not null }) FoundNothing = errno == Errno.ETIMEDOUT;
        var mayBlock = MayWait(call) && !(call.Body is { HasTimeoutMs: true, TimeoutMs: 0 });
        if (errno == Errno.ENOBUFS && !mayBlock && (IsStopped || call.Body.Get is not null)) Again(
            call, (target, body) => Start(target, body, then!, null, body.HasTimeoutMs ? body.TimeoutMs : -1));
        else then!(result);
        // EBADF: the description was closed while the call was on its way, or the queue was unlinked before the open.
        var isExpected = errno is Errno.None or Errno.EINTR or Errno.ENOBUFS or Errno.ETIMEDOUT or Errno.EBADF
            || (errno == Errno.ENOENT && call.Body.Remove is not null)
            || (errno == Errno.ESRCH && call.Body.Description is { Share: not null });
        if (!isExpected) throw new SimulationException($"{call.Body} failed with {errno}");
        if (LastingQueue is null && !IsDead && Driver.Running.Count == 0 && errno != Errno.None && call.Body.Get is not null)
            Open(Lasting);
    }

    protected override void Lose(EngineCall call)
    {
        _then.Remove(call);
        if (call.Body.Mqueue is { Send: { } send }) _history.MayBeSent(int.Parse(send.Text.ToStringUtf8()));
    }
}
