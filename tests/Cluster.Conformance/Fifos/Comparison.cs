using System.Text;
using Cluster.Conformance.Linux;
using Cluster.Conformance.Stories;
using Cluster.Core.Tests.Worlds;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Conformance.Fifos;

/// <summary>A descriptor of the kernel, and our description.</summary>
internal sealed record OpenedFifo(int Fd, EntityKey Fifo, long Number);

/// <summary>Scripts on FIFOs. At most one process waits to read from a FIFO, and one to write.</summary>
internal sealed class Comparison : CrewComparison<Script, OpenedFifo>
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cluster-fifos-").FullName;
    private readonly Dictionary<int, EntityKey> _opening = []; // which worker opens what
    private readonly Dictionary<int, long> _numbers = [];      // of our descriptions that were opened and not yet noted
    private readonly (WorkerCommand Command, EntityKey? Fifo)[] _last = new (WorkerCommand, EntityKey?)[Script.Processes];
    private byte _lastValue;

    public Comparison(bool asRoot)
        : base(asRoot, Script.Processes) =>
        Libc.chmod(_folder, 0x3FF); // as /tmp is: the workers are different users

    private static EntityKey FifoDirectory => World.DirectoryOf(1, Kind.Fifo);

    // Each reply says of which command it is.
    protected override WorkerCommand Blocking => default;

    public override void Dispose()
    {
        base.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    protected override string? Take(Script script, int at, out string text)
    {
        var step = script.Steps[at];
        text = step.ToString();
        var who = step.Who;
        if (step is Step.Exit) return Exit(who);
        if (IsBlocked(who)) return null;
        return step switch
        {
            Step.Make make => Both(
                who, WorkerCommand.FifoMake, [make.Mode], PathOf(make.Which), FifoDirectory,
                new Call
                {
                    Get = new Get
                    {
                        Name = NameOf(make.Which), Flags = IpcFlags.IPC_CREAT | IpcFlags.IPC_EXCL, Mode = (uint)make.Mode,
                    },
                }),
            Step.Unlink unlink => Both(
                who, WorkerCommand.FifoUnlink, [0], PathOf(unlink.Which), FifoDirectory,
                new Call { Remove = new Remove { Name = NameOf(unlink.Which) } }),
            Step.Open open => OpenFifo(open),
            Step.OnOpen on => Open[who].Count == 0 ? null : OnOpen(on, Open[who][on.Which % Open[who].Count]),
            _ => throw new InvalidOperationException($"no such step: {step}"),
        };
    }

    private byte[] PathOf(int which) => Encoding.UTF8.GetBytes($"{_folder}/{which}");

    private static string NameOf(int which) => $"/{which}";

    private string? OpenFifo(Step.Open open)
    {
        var who = open.Who;
        var found = Make(who, FifoDirectory, new Call { Get = new Get { Name = NameOf(open.Which) } })[^1].Result;
        if (found.Errno != 0)
        {
            var linux = Tell(who, WorkerCommand.FifoOpen, [open.Flags], PathOf(open.Which));
            return linux.Errno == found.Errno ? null : $"ours {(Errno)found.Errno}, Linux {(Errno)linux.Errno}";
        }

        var fifo = new EntityKey { Kind = Kind.Fifo, Namespace = 1, Id = found.Got.Id };
        _opening[who] = fifo;
        _last[who] = (WorkerCommand.FifoOpen, fifo);
        var call = new DescriptionCall { Open = new DescriptionOpen { Flags = open.Flags } };
        return Both(
            who, WorkerCommand.FifoOpen, [open.Flags], PathOf(open.Which), fifo, new Call { Description = call });
    }

    private string? OnOpen(Step.OnOpen step, OpenedFifo opened)
    {
        var (who, number) = (step.Who, opened.Number);
        if (IsCrowded(who, step.Command, opened.Fifo)) return null;
        _last[who] = (step.Command, opened.Fifo);
        byte[] bytes = step.Command == WorkerCommand.FifoWrite ? Bytes((int)step.Number) : [];
        if (step.Command == WorkerCommand.FifoClose) Open[who].Remove(opened);
        var call = step.Command switch
        {
            WorkerCommand.FifoWrite => Of(new FifoCall
            {
                Write = new FifoWrite { Description = number, Data = ByteString.CopyFrom(bytes) },
            }),
            WorkerCommand.FifoRead => Of(new FifoCall { Read = new FifoRead { Description = number, Size = step.Number } }),
            WorkerCommand.FifoResize => Of(new FifoCall
            {
                Resize = new FifoResize { Description = number, Bytes = step.Number },
            }),
            WorkerCommand.FifoSetFlags => Of(new DescriptionCall
            {
                SetFlags = new DescriptionSetFlags { Number = number, Flags = (int)step.Number },
            }),
            WorkerCommand.FifoPoll => Of(new DescriptionCall
            {
                Poll = new DescriptionPoll { Number = number, Events = (int)step.Number },
            }),
            _ => Of(new DescriptionCall { Close = new DescriptionClose { Number = number } }),
        };
        if (step.Command == WorkerCommand.FifoPoll) call.TimeoutMs = 0;
        return Both(who, step.Command, [opened.Fd, step.Number], bytes, opened.Fifo, call);
    }

    // The kernel's readers that are woken together compete, and so do its writers. So at most one of them waits.
    private bool IsCrowded(int who, WorkerCommand command, EntityKey fifo) =>
        command is WorkerCommand.FifoRead or WorkerCommand.FifoWrite
        && Enumerable.Range(0, Crew.Size).Any(other => other != who && IsBlocked(other)
            && _last[other].Command == command && fifo.Equals(_last[other].Fifo));

    private byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        for (var at = 0; at < length; at++) bytes[at] = (byte)(_lastValue + (at * 7));
        _lastValue += 13;
        return bytes;
    }

    private static Call Of(FifoCall call) => new() { Fifo = call };

    private static Call Of(DescriptionCall call) => new() { Description = call };

    // ---- opens that complete, perhaps later ----

    protected override void OnResult(int who, Result result)
    {
        if (result.DescriptionOpened is { } opened) _numbers[who] = opened.Number;
    }

    protected override void OnReturned(int who, WorkerReply reply)
    {
        if (reply.Errno != 0 || (WorkerCommand)reply.Data[0] != WorkerCommand.FifoOpen) return;
        if (!_numbers.Remove(who, out var number) || !_opening.TryGetValue(who, out var fifo)) return;
        Open[who].Add(new OpenedFifo((int)BitConverter.ToInt64(reply.Data, 1), fifo, number));
    }

    protected override void UnlinkAll()
    {
        for (var which = 0; which < Script.Fifos; which++) File.Delete($"{_folder}/{which}");
    }

    protected override void Close(int who, OpenedFifo opened) => Tell(who, WorkerCommand.FifoClose, [opened.Fd], []);

    protected override IEnumerable<EntityKey> OpenBy(int who) => Open[who].Select(opened => opened.Fifo);

    /// <summary>Compares size and capacity, through one who has the FIFO open and is not blocked.</summary>
    protected override string? CompareState(EntityKey target)
    {
        for (var who = 0; who < Crew.Size; who++)
        {
            if (IsBlocked(who) || Open[who].Find(each => each.Fifo.Equals(target)) is not { } opened) continue;
            var linux = Show(Tell(who, WorkerCommand.FifoState, [opened.Fd], []), WorkerCommand.FifoState);
            var stat = Of(new FifoCall { Stat = new FifoStat { Description = opened.Number } });
            var ours = Make(who, target, stat)[^1].Result.FifoStatus;
            var own = $"state={(ours.Capacity << 32) + ours.Bytes}";
            return linux == own ? null : $"ours {own}, Linux {linux}";
        }

        return null; // nobody can look
    }

    protected override string Show(WorkerReply reply, WorkerCommand command)
    {
        if (reply.Errno != 0) return ((Errno)reply.Errno).ToString();
        var number = reply.Data.Length == 9 ? BitConverter.ToInt64(reply.Data, 1) : 0;
        return (WorkerCommand)reply.Data[0] switch
        {
            WorkerCommand.FifoRead => $"read={Digest(reply.Data.AsSpan(1))}",
            WorkerCommand.FifoWrite => $"written={number}",
            WorkerCommand.FifoResize => $"capacity={number}",
            WorkerCommand.FifoPoll => $"ready={number}",
            WorkerCommand.FifoState => $"state={number}",
            _ => "ok",
        };
    }

    protected override string Show(Result result)
    {
        // A poll without time that finds nothing returns 0.
        if (result.Errno == (int)Errno.ETIMEDOUT) return "ready=0";
        if (result.Errno != 0) return ((Errno)result.Errno).ToString();
        return result switch
        {
            { FifoBytes: { } bytes } => $"read={Digest(bytes.Data.Span)}",
            { FifoWritten: { } written } => $"written={written.Bytes}",
            { FifoStatus: { } status } => $"capacity={status.Capacity}",
            { PollReadiness: { } poll } => $"ready={poll.Events}",
            _ => "ok",
        };
    }

    private static string Digest(ReadOnlySpan<byte> data)
    {
        var sum = 17;
        foreach (var each in data) sum = unchecked((sum * 31) + each);
        return $"{data.Length}:{sum:x}";
    }
}
