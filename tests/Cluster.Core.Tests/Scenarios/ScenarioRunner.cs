using Cluster.Core.Namespaces;
using Cluster.Core.Processes;
using Cluster.Core.Tests.Worlds;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Scenarios;

/// <summary>Runs the commands of one scenario against a world of its own.</summary>
public sealed partial class ScenarioRunner
{
    private readonly World _world = new();
    private readonly Dictionary<string, Session> _processes = [];
    private readonly Dictionary<string, EntityKey> _queues = [];
    private readonly HashSet<(int Pid, ulong Seq)> _told = [];
    private Command _command = new("");
    private Session _caller = null!;

    /// <summary>Runs one command and returns its result.</summary>
    public string Run(string line)
    {
        _command = new Command(line);
        _world.Arrived.Clear();
        var own = Execute(_command.Words[0]);
        _world.Check();
        var others = _world.Arrived
            .Where(each => !_told.Contains((each.Session.Pid, each.Result.Seq)))
            .Select(each => $"{each.Session.Name} <= {Print(each.Result)}")
            .ToList();
        _told.Clear();
        return string.Join(" ; ", own is null ? others : others.Prepend(own));
    }

    private string? Execute(string verb)
    {
        switch (verb)
        {
            case "process":
                StartProcess();
                return null;
            case "advance":
                _world.Advance(Command.ToMs(_command.Words[1]));
                return null;
            case "journal":
                var entity = _world.Find(EntityOf(_command.Words[1]));
                return entity is null || entity.Machine.Revision == 0 ? "none" : "kept";
            case "crash":
                _world.Crash(EntityOf(_command.Words[1]));
                return null;
            default:
                _caller = _processes.TryGetValue(verb, out var caller)
                    ? caller
                    : throw new FormatException($"nobody is called {verb}");
                return Act(_command.Words[1]);
        }
    }

    private string? Act(string verb) => verb switch
    {
        "create" => Create(),
        "msgget" => Get(),
        "msgsnd" => Make(Queue(2), Timed(new Call { Msgsnd = ReadSend() })),
        "msgrcv" => Make(Queue(2), Timed(new Call { Msgrcv = ReadReceive() })),
        "stat" => Make(Queue(2), new Call { Msgstat = new MsgStat() }),
        "stat-index" => StatIndex(),
        "set" => Make(Queue(2), new Call { Msgset = ReadSet() }),
        "remove" => Make(World.DirectoryOf(_caller.Namespace, Queue(2).Kind),
            new Call { Remove = new Remove { Id = (int)Queue(2).Id } }),
        "list" => Make(Directory, new Call { List = new List { AfterId = _command.Number("after", -1),
            Limit = (int)_command.Number("limit") } }),
        "next-id" => Make(Directory,
            new Call { NextIdSet = new NextIdSet { Id = (int)Command.ToNumber(_command.Words[2]) } }),
        "info" => Make(Directory, new Call { DirectoryStat = new DirectoryStat() }),
        "mkns" => Make(Own, new Call { NamespaceCreate = new NamespaceCreate { Name = _command.Words[2] } }),
        "rmns" => Make(Own, new Call { NamespaceRemove = new NamespaceRemove { Name = _command.Words[2] } }),
        "lsns" => Make(Own, new Call { NamespaceList = new NamespaceList() }),
        "limits" => Make(Own, new Call { LimitsGet = new LimitsGet() }),
        "limit" => SetLimit(),
        _ => verb.StartsWith("sem", StringComparison.Ordinal) ? ActOnSet(verb) : ActOnSegment(verb),
    };

    private string? Control(string verb)
    {
        switch (verb)
        {
            case "cancel":
                return Cancel();
            case "resend":
                return Again(_caller.Last.To, _caller.Last.Call, (ulong)_command.Number("ack"));
            case "ack":
                _world.Submit(_caller, Queue(2), []);
                return null;
            case "detach":
                _world.Disconnect(_caller);
                return null;
            case "attach":
                _world.Reconnect(_caller);
                return null;
            case "silent":
                _world.Disconnect(_caller);
                _caller.IsSilent = true;
                return null;
            case "exit":
                _world.Exit(_caller, withAck: !_command.Says("without-ack"));
                return null;
            default:
                throw new FormatException($"no process can {verb}");
        }
    }

    private void StartProcess()
    {
        var credentials = new Credentials { Uid = (uint)_command.Number("uid"), Gid = (uint)_command.Number("gid") };
        var groups = _command.Get("groups", "").Split(',', StringSplitOptions.RemoveEmptyEntries);
        credentials.Groups.AddRange(groups.Select(uint.Parse));
        var lease = _command.Has("lease") ? Command.ToMs(_command.Get("lease", "")) : Process.DefaultLeaseMs;
        var name = _command.Words[1];
        _processes.Add(name, _world.StartProcess(name, credentials, _command.Get("namespace", "/"), lease));
    }

    // ---- msgget and its like ----

    private string Create()
    {
        var get = ReadGet(IpcFlags.IPC_CREAT | IpcFlags.IPC_EXCL);
        var text = Make(Directory, new Call { Get = get }, out var result);
        if (result?.Got is null) throw new FormatException($"there is no {_command.Words[2]}: {text}");
        _queues[_command.Words[2]] = World.QueueOf(_caller.Namespace, result.Got.Id);
        return "ok";
    }

    // As the client library does: the directory, and if the queue existed the queue itself, for the permissions.
    private string Get()
    {
        var get = ReadGet(_command.Flags());
        var text = Make(Directory, new Call { Get = get }, out var result);
        if (result?.Got is not { } got) return text;
        var queue = World.QueueOf(_caller.Namespace, got.Id);
        if (_command.After("as") is { } name) _queues[name] = queue;
        if (!got.Existed) return text;
        var access = Make(queue, new Call { Access = new Access { Flags = get.Flags } });
        return access == "ok" ? text : access;
    }

    private string StatIndex()
    {
        var resolve = new Resolve { Index = (int)Command.ToNumber(_command.Words[2]) };
        var text = Make(Directory, new Call { Resolve = resolve }, out var result);
        if (result is null || result.Errno != 0) return text;
        var queue = World.QueueOf(_caller.Namespace, result.Id);
        return Make(queue, new Call { Msgstat = new MsgStat { Any = _command.Says("any") } });
    }

    private Get ReadGet(int flags) => new()
    {
        Key = (int)_command.Number("key"), Flags = flags | _command.Mode("0"), Volatile = _command.Says("volatile"),
    };

    private MsgSnd ReadSend() => new()
    {
        Type = _command.Number("type", 1), Text = _command.Message(), Flags = _command.Flags(),
    };

    private MsgRcv ReadReceive() => new()
    {
        Type = _command.Number("type"), Size = _command.Number("size", 8192), Flags = _command.Flags(),
    };

    // Members that are not named keep their values: they are read first, as every user of IPC_SET does.
    private MsgSet ReadSet()
    {
        Make(Queue(2), new Call { Msgstat = new MsgStat { Any = true } }, out var result);
        var present = result?.QueueStat ?? new QueueStat { Permissions = new Permissions() };
        return new MsgSet
        {
            Uid = (uint)_command.Number("uid", present.Permissions.Uid),
            Gid = (uint)_command.Number("gid", present.Permissions.Gid),
            Mode = (uint)_command.Mode(Convert.ToString((int)present.Permissions.Mode, 8)),
            Qbytes = (ulong)_command.Number("qbytes", (long)present.Qbytes),
        };
    }

    private string SetLimit()
    {
        var name = LimitRow.All.Select(row => row.Name).FirstOrDefault(_command.Has, "msgxyz");
        var inherit = _command.Get(name, "inherit") == "inherit";
        var set = new LimitsSet { Name = name, Value = inherit ? 0 : _command.Number(name), Inherit = inherit };
        return Make(Own, new Call { LimitsSet = set });
    }

    // ---- calls ----

    private Call Timed(Call call)
    {
        if (_command.Has("timeout")) call.TimeoutMs = Command.ToMs(_command.Get("timeout", ""));
        return call;
    }

    private string Make(EntityKey to, Call call) => Make(to, call, out _);

    private string Make(EntityKey to, Call call, out Result? result)
    {
        var seq = _world.Call(_caller, to, call);
        return Outcome(to, seq, out result);
    }

    private string Outcome(EntityKey to, ulong seq, out Result? result)
    {
        result = _world.Arrived.Find(each => each.Session == _caller && each.Result.Seq == seq).Result;
        _told.Add((_caller.Pid, seq));
        if (result is not null) return Print(result);
        var isParked = _world.Find(to)?.Machine.Waiters.TryGet(_caller.Pid, seq, out _) ?? false;
        return isParked ? "parked" : "nothing";
    }

    private string Again(EntityKey to, Call call, ulong ack)
    {
        _world.Submit(_caller, to, [call], ack: ack, resent: true);
        return Outcome(to, call.Seq, out _);
    }

    // "cancel": the last call. "cancel next QUEUE": the next one, so that the cancellation overtakes it.
    private string Cancel()
    {
        var next = _command.Says("next");
        var to = next ? Queue(3) : _caller.Last.To;
        var seq = next ? _caller.NextSeq : _caller.Last.Call.Seq;
        _world.Submit(_caller, to, [], cancel: seq, ack: Math.Min(_caller.Ack, seq));
        return Outcome(to, seq, out _);
    }

    // ---- names ----

    private EntityKey Own => World.NamespaceOf(_caller.Namespace);

    private EntityKey Directory => World.DirectoryOf(_caller.Namespace);

    private EntityKey Queue(int word) => EntityOf(_command.Words[word]);

    private EntityKey EntityOf(string name) => name switch
    {
        "directory" => World.DirectoryOf(1),
        "segments" => World.SegmentDirectoryOf(1),
        _ when name.Split(':') is [var segment, var index] => ExtentOf(segment, (int)Command.ToNumber(index)),
        "namespace" => World.NamespaceOf(1),
        _ when _queues.TryGetValue(name, out var queue) => queue,
        _ when _processes.TryGetValue(name, out var process) => Process.KeyOf(process.Pid),
        _ => World.QueueOf(_caller?.Namespace ?? 1, (int)Command.ToNumber(name)),
    };

    private string NameOf(int pid) => pid == 0 ? "0" : _world.FindProcess(pid)?.Name ?? $"{pid}";

    private string Print(Result result) =>
        Printer.Print(result, NameOf, [.. _command.Words.Skip(3).Where(word => word != "any")]);
}
