using System.Text;
using Cluster.Conformance.Linux;
using Cluster.Conformance.Stories;
using Cluster.Core.Tests.Worlds;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Conformance.Mqueues;

/// <summary>
/// Runs scripts on the kernel and on our queues at once. The kernel goes first: when everybody there has returned or
/// sleeps in a call that sends or receives, ours must come to the same.
/// </summary>
internal sealed class Comparison(bool asRoot) : IComparison<Script>
{
    private const long Past = 1; // a second after the epoch

    // CAP_SYS_RESOURCE: root in a container may not have it. Ours has uid 0 instead.
    private static readonly bool MayExceed = (Convert.ToInt64(File.ReadLines("/proc/self/status")
        .Single(line => line.StartsWith("CapEff:", StringComparison.Ordinal)).Split('\t')[1], 16) & 1 << 24) != 0;

    private readonly Crew _crew = new(Script.Processes, asRoot);
    private readonly Session[] _sessions = new Session[Script.Processes];
    private readonly long[] _limits = new long[Script.Processes];
    private readonly List<Opened>[] _open = new List<Opened>[Script.Processes];
    private readonly Dictionary<int, EntityKey> _blocked = []; // which worker -> where
    private readonly Dictionary<string, int> _seen = [];
    private World _world = null!;
    private int _names;
    private long _blockedCalls;
    private long _exits;

    private sealed record Opened(int Descriptor, EntityKey Queue, long Number);

    public long Calls { get; private set; }

    public string Summary => $"{_blockedCalls} blocked, {_exits} exits; "
        + string.Join(", ", _seen.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key} {pair.Value}"));

    public bool WasDisturbed() => _crew.WasContinued();

    public void Dispose() => _crew.Dispose();

    public string? Run(Script script)
    {
        _world = new World();
        for (var who = 0; who < _crew.Size; who++) Introduce(who);
        string? difference = null;
        for (var at = 0; at < script.Steps.Count && difference is null; at++)
        {
            difference = Take(script.Steps[at]);
            if (difference is not null) difference = $"step {at + 1}, {script.Steps[at]}: {difference}";
        }

        CleanUp(difference is not null);
        return difference;
    }

    // ---- steps ----

    private string? Take(Step step)
    {
        var who = step.Who;
        if (step is Step.Exit) return Exit(who);
        if (_blocked.ContainsKey(who)) return null;
        switch (step)
        {
            case Step.Open open:
                return Open(open);
            case Step.Unlink unlink:
                var remove = new Call { Remove = new Remove { Name = unlink.Name } };
                return Both(who, WorkerCommand.MqUnlink, [0], Encoding.UTF8.GetBytes(unlink.Name), Directory, remove);
            case Step.Limit limit:
                SetLimit(who, limit.Bytes);
                return null;
            case Step.OnOpen on:
                return _open[who].Count == 0 ? null : OnOpen(on, _open[who][on.Which % _open[who].Count]);
            default:
                throw new InvalidOperationException($"no such step: {step}");
        }
    }

    private static EntityKey Directory => World.DirectoryOf(1, Kind.Mqueue);

    private string? Open(Step.Open open)
    {
        var (who, isMaking) = (open.Who, (open.Flags & 0x40) != 0);
        if (isMaking && _crew[who].Uid == 0 && !MayExceed) return null;
        long[] numbers =
            [open.Flags, open.Mode, open.Size?.Maxmsg ?? long.MinValue, open.Size?.Msgsize ?? 0];
        _crew[who].Tell(WorkerCommand.MqOpen, numbers, Encoding.UTF8.GetBytes(open.Name));
        Calls++;
        var linux = _crew[who].Result() ?? throw new InvalidOperationException("mq_open blocks");
        var ours = OpenOurs(open, out var queue, out var number);
        Saw(((Errno)linux.Errno).ToString());
        if (linux.Errno != (int)ours) return $"ours {ours}, Linux {(Errno)linux.Errno}";
        if (linux.Errno != 0) return null;
        var opened = new Opened(BitConverter.ToInt32(linux.Data), queue, number);
        _open[who].Add(opened);
        return CompareState(queue);
    }

    // As the client library does it.
    private Errno OpenOurs(Step.Open open, out EntityKey queue, out long number)
    {
        (queue, number) = (Directory, 0);
        var session = _sessions[open.Who];
        var get = new Get
        {
            Name = open.Name,
            Flags = ((open.Flags & 0x40) != 0 ? IpcFlags.IPC_CREAT : 0) | ((open.Flags & 0x80) != 0 ? IpcFlags.IPC_EXCL : 0),
            Mode = (uint)open.Mode,
            RlimitMsgqueue = _limits[open.Who],
        };
        if (open.Size is { } size) get.Mqueue = new MqueueSize { Maxmsg = size.Maxmsg, Msgsize = size.Msgsize };
        var found = Make(session, Directory, new Call { Get = get })[^1].Result;
        if (found.Errno != 0) return (Errno)found.Errno;
        queue = new EntityKey { Kind = Kind.Mqueue, Namespace = 1, Id = found.Got.Id };
        var call = new DescriptionOpen
        {
            Flags = open.Flags & (FileFlags.O_ACCMODE | FileFlags.O_NONBLOCK), CreatedBy = found.Got.Existed ? 0 : found.Seq,
        };
        var opened = Make(session, queue, new Call { Description = new DescriptionCall { Open = call } })[^1].Result;
        number = opened.DescriptionOpened?.Number ?? 0;
        return (Errno)opened.Errno;
    }

    private string? OnOpen(Step.OnOpen step, Opened opened)
    {
        var (who, queue, number) = (step.Who, opened.Queue, opened.Number);
        switch (step)
        {
            case Step.Send send:
                var text = Encoding.ASCII.GetBytes(send.Text);
                var mqSend = new MqueueSend
                {
                    Description = number, Priority = (uint)send.Priority, Text = ByteString.CopyFrom(text),
                };
                return Both(
                    who, WorkerCommand.MqSend, [opened.Descriptor, send.Priority, send.Timed ? Past : -1], text, queue,
                    Timed(send.Timed, new Call { Mqueue = new MqueueCall { Send = mqSend } }));
            case Step.Receive receive:
                var mqReceive = new MqueueReceive { Description = number, Size = receive.Size };
                return Both(
                    who, WorkerCommand.MqReceive, [opened.Descriptor, receive.Size, receive.Timed ? Past : -1], [], queue,
                    Timed(receive.Timed, new Call { Mqueue = new MqueueCall { Receive = mqReceive } }));
            case Step.SetFlags set:
                var flags = new DescriptionCall { SetFlags = new DescriptionSetFlags { Number = number, Flags = set.Flags } };
                return Both(
                    who, WorkerCommand.MqSetattr, [opened.Descriptor, set.Flags], [], queue, new Call { Description = flags });
            case Step.Notify notify:
                var mqNotify = new MqueueNotify
                {
                    Description = number, Method = notify.Method, Signal = notify.Signal, Remove = notify.Remove,
                };
                return Both(
                    who, WorkerCommand.MqNotify,
                    [opened.Descriptor, notify.Method, notify.Signal, notify.Remove ? 1 : 0], [], queue,
                    new Call { Mqueue = new MqueueCall { Notify = mqNotify } });
            default:
                _open[who].Remove(opened);
                var close = new DescriptionCall { Close = new DescriptionClose { Number = number } };
                return Both(who, WorkerCommand.MqClose, [opened.Descriptor], [], queue, new Call { Description = close });
        }
    }

    private static Call Timed(bool timed, Call call)
    {
        if (timed) call.TimeoutMs = 0;
        return call;
    }

    private string? Exit(int who)
    {
        _exits++;
        var wasBlocked = _blocked.Remove(who);
        var queues = _open[who].Select(opened => opened.Queue).Distinct().ToArray();
        _crew.Replace(who, byKill: wasBlocked);
        var linux = Settle(null);
        _world.Arrived.Clear();
        _world.Exit(_sessions[who], withAck: true);
        Introduce(who);
        return CompareResults(linux, Arrived(), null, null)
            ?? queues.Select(CompareState).FirstOrDefault(difference => difference is not null);
    }

    private void Introduce(int who)
    {
        var worker = _crew[who];
        var credentials = new Credentials { Uid = worker.Uid, Gid = worker.Gid };
        _sessions[who] = _world.StartProcess($"p{who}.{_names++}", credentials, "/", 1_000_000_000);
        _open[who] = [];
        SetLimit(who, Bounds.RlimitMsgqueue);
    }

    private void SetLimit(int who, long bytes)
    {
        _crew[who].Tell(WorkerCommand.MqLimit, [bytes]);
        if (_crew[who].Result() is not { Errno: 0 }) throw new InvalidOperationException("setrlimit failed");
        _limits[who] = bytes;
    }

    private void CleanUp(bool wasDifferent)
    {
        foreach (var name in Script.Names) Libc.mq_unlink(name);
        if (wasDifferent) _crew.Renew();
        for (var who = 0; who < _crew.Size && !wasDifferent; who++)
        {
            if (_blocked.ContainsKey(who)) _crew.Replace(who, byKill: true);
            else
            {
                foreach (var opened in _open[who])
                {
                    _crew[who].Tell(WorkerCommand.MqClose, [opened.Descriptor]);
                    _crew[who].Result();
                }
            }
        }

        _blocked.Clear();
    }

    // ---- both ----

    private string? Both(int who, WorkerCommand command, long[] numbers, byte[] bytes, EntityKey to, Call call)
    {
        Calls++;
        _crew[who].Tell(command, numbers, bytes);
        var linux = Settle(who, command);
        var ours = Make(_sessions[who], to, call);
        return CompareResults(linux, ours, who, to) ?? (to.Kind == Kind.Mqueue ? CompareState(to) : null);
    }

    /// <summary>Waits until every call in the kernel has returned or is blocked. Returns the results.</summary>
    private Dictionary<int, string> Settle(int? caller, WorkerCommand command = WorkerCommand.Exit)
    {
        Dictionary<int, string> returned = [];
        bool again;
        do
        {
            again = false;
            IEnumerable<int> watched = caller is { } own ? [own, .. _blocked.Keys] : _blocked.Keys;
            foreach (var who in watched.Where(who => !returned.ContainsKey(who)).ToArray())
            {
                if (_crew[who].ResultUnlessBlocked() is not { } reply) continue;
                returned[who] = Show(reply, who != caller || command == WorkerCommand.MqReceive);
                again = true;
            }
        }
        while (again);
        return returned;
    }

    /// <summary>The cluster must have served exactly the calls that the kernel served.</summary>
    private string? CompareResults(
        Dictionary<int, string> linux, List<(int Pid, Result Result)> results, int? caller, EntityKey? queue)
    {
        var ours = results.ToDictionary(each => WhoIs(each.Pid), each => Show(each.Result));
        foreach (var who in linux.Keys.Union(ours.Keys).Order())
        {
            var theirs = linux.GetValueOrDefault(who, "blocks");
            var own = ours.GetValueOrDefault(who, "blocks");
            if (theirs != own) return $"p{who}: ours {own}, Linux {theirs}";
            Saw(theirs);
            _blocked.Remove(who);
        }

        if (caller is { } blocked && !linux.ContainsKey(blocked))
        {
            _blockedCalls++;
            _blocked.Add(blocked, queue!);
        }

        return null;
    }

    /// <summary>Compares struct mq_attr and the file of a queue, through one who has it open and is not blocked.</summary>
    private string? CompareState(EntityKey queue)
    {
        for (var who = 0; who < _crew.Size; who++)
        {
            if (_blocked.ContainsKey(who) || _open[who].Find(each => each.Queue.Equals(queue)) is not { } opened) continue;
            _crew[who].Tell(WorkerCommand.MqState, [opened.Descriptor]);
            var linux = _crew[who].Result() ?? throw new InvalidOperationException("mq_getattr blocks");
            var getattr = new MqueueCall { Getattr = new MqueueGetattr { Description = opened.Number } };
            var ours = Make(_sessions[who], queue, new Call { Mqueue = getattr })[^1].Result;
            if (linux.Errno != ours.Errno) return $"state: ours {(Errno)ours.Errno}, Linux {(Errno)linux.Errno}";
            return linux.Errno != 0 ? null : Same(linux.Data, ours.MqueueAttributes);
        }

        return null; // nobody can look
    }

    private string? Same(byte[] linux, MqueueAttributes ours)
    {
        long Long(int at) => BitConverter.ToInt64(linux, at * 8);
        var theirs = $"flags={Long(0)} maxmsg={Long(1)} msgsize={Long(2)} curmsgs={Long(3)}";
        var own = $"flags={ours.Flags} maxmsg={ours.Maxmsg} msgsize={ours.Msgsize} curmsgs={ours.Curmsgs}";
        if (theirs != own) return $"ours {own}, Linux {theirs}";
        if (linux.Length == 32) return null; // not open for reading
        var fields = Encoding.ASCII.GetString(linux, 32, linux.Length - 32)
            .Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        var pid = int.Parse(fields[3].Split(':')[1], System.Globalization.CultureInfo.InvariantCulture);
        theirs = $"{fields[0]} {fields[1]} {fields[2]} NOTIFY_PID:{Worker(pid)}";
        own = $"QSIZE:{ours.Bytes} NOTIFY:{ours.Notify} SIGNO:{ours.Signal} NOTIFY_PID:{WhoIs(ours.NotifyPid)}";
        return theirs == own ? null : $"ours {own}, Linux {theirs}";
    }

    private int Worker(int pid) => Enumerable.Range(0, _crew.Size).FirstOrDefault(who => _crew[who].Pid == pid, -1);

    private int WhoIs(int pid) => Array.FindIndex(_sessions, session => session.Pid == pid);

    private List<(int Pid, Result Result)> Make(Session session, EntityKey to, Call call)
    {
        _world.Arrived.Clear();
        _world.Call(session, to, call);
        return Arrived();
    }

    private List<(int Pid, Result Result)> Arrived() =>
        [.. _world.Arrived.Select(each => (each.Session.Pid, each.Result))];

    private void Saw(string outcome)
    {
        var kind = outcome.Split('=')[0];
        _seen[kind] = _seen.GetValueOrDefault(kind) + 1;
    }

    private static string Show(WorkerReply reply, bool mayReceive)
    {
        if (reply.Errno != 0) return ((Errno)reply.Errno).ToString();
        return mayReceive && reply.Data.Length >= 4
            ? $"message={BitConverter.ToUInt32(reply.Data)} \"{Encoding.ASCII.GetString(reply.Data, 4, reply.Data.Length - 4)}\""
            : "ok";
    }

    private static string Show(Result result)
    {
        if (result.Errno != 0) return ((Errno)result.Errno).ToString();
        return result.MqueueMessage is { } message ? $"message={message.Priority} \"{message.Text.ToStringUtf8()}\"" : "ok";
    }
}
