using Cluster.Core.Tests.Worlds;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Scenarios;

/// <content>The commands on semaphore sets.</content>
public sealed partial class ScenarioRunner
{
    private string ActOnSet(string verb) => verb switch
    {
        "semcreate" => CreateSet(),
        "semget" => GetSet(),
        "semop" => Make(Queue(2), Timed(new Call { Semop = ReadOperations() })),
        "semlock" => Make(Queue(2), Timed(new Call { Semop = Lock(Word(3)) })),
        "semval" => Ask(SemQuestion.Value),
        "semall" => Ask(SemQuestion.AllValues),
        "sempid" => AskPid(),
        "semncnt" => Ask(SemQuestion.IncreaseCount),
        "semzcnt" => Ask(SemQuestion.ZeroCount),
        "semsetval" => Make(Queue(2), new Call { Semsetval = new SemSetVal { Num = Word(3), Value = Word(4) } }),
        "semsetall" => Make(Queue(2), new Call { Semsetall = ReadValues() }),
        "semstat" => Make(Queue(2), new Call { Semstat = new SemStat() }),
        "semset" => Make(Queue(2), new Call { Semset = ReadPermissions() }),
        _ => throw new FormatException($"no process can {verb}"),
    };

    private EntityKey SetDirectory => World.DirectoryOf(_caller.Namespace, Kind.SemaphoreSet);

    private string CreateSet()
    {
        var get = ReadGetSet(IpcFlags.IPC_CREAT | IpcFlags.IPC_EXCL);
        var text = Make(SetDirectory, new Call { Get = get }, out var result);
        if (result?.Got is null) return text;
        _queues[_command.Words[2]] = SetOf(result.Got.Id);
        return "ok";
    }

    private string GetSet()
    {
        var get = ReadGetSet(_command.Flags());
        var text = Make(SetDirectory, new Call { Get = get }, out var result);
        if (result?.Got is not { } got) return text;
        if (_command.After("as") is { } name) _queues[name] = SetOf(got.Id);
        if (!got.Existed) return text;
        var access = Make(SetOf(got.Id), new Call { Access = new Access { Flags = get.Flags } });
        return access == "ok" ? text : access;
    }

    private Get ReadGetSet(int flags)
    {
        var get = ReadGet(flags);
        get.Size = _command.Number("nsems");
        return get;
    }

    private SemOp ReadOperations()
    {
        var semop = new SemOp { Since = (ulong)_command.Number("since") };
        foreach (var word in _command.Words.Skip(3))
        {
            var parts = word.Split('|');
            var pair = parts[0].Split(':');
            var flags = parts.Skip(1).Sum(flag => flag switch
            {
                "UNDO" => IpcFlags.SEM_UNDO,
                "NOWAIT" => IpcFlags.IPC_NOWAIT,
                _ => throw new FormatException($"no flag is called {flag}"),
            });
            var (num, op) = ((uint)Command.ToNumber(pair[0]), (int)Command.ToNumber(pair[1]));
            semop.Ops.Add(new SemBuf { Num = num, Op = op, Flags = flags });
        }

        return semop;
    }

    private static SemOp Lock(int number)
    {
        var held = new SemBuf { Num = (uint)number, Op = 1, Flags = IpcFlags.SEM_UNDO };
        return new SemOp { Ops = { new SemBuf { Num = (uint)number }, held }, Passes = true };
    }

    private string Ask(SemQuestion question) => Ask(question, out _);

    private string Ask(SemQuestion question, out Result? result)
    {
        var num = question == SemQuestion.AllValues ? 0 : Word(3);
        return Make(Queue(2), new Call { Semquery = new SemQuery { Question = question, Num = num } }, out result);
    }

    private string AskPid()
    {
        var text = Ask(SemQuestion.Pid, out var result);
        return result is { Errno: 0 } ? NameOf(result.SemNumber) : text;
    }

    private SemSetAll ReadValues()
    {
        var all = new SemSetAll();
        all.Values.AddRange(_command.Words.Skip(3).Select(word => (uint)Command.ToNumber(word)));
        return all;
    }

    // Members that are not named keep their values: they are read first, as every user of IPC_SET does.
    private SemSet ReadPermissions()
    {
        Make(Queue(2), new Call { Semstat = new SemStat { Any = true } }, out var result);
        var present = result?.SetStat?.Permissions ?? new Permissions();
        return new SemSet
        {
            Uid = (uint)_command.Number("uid", present.Uid),
            Gid = (uint)_command.Number("gid", present.Gid),
            Mode = (uint)_command.Mode(Convert.ToString((int)present.Mode, 8)),
        };
    }

    private EntityKey SetOf(int id) =>
        new() { Kind = Kind.SemaphoreSet, Namespace = _caller.Namespace, Id = id };

    private int Word(int at) => (int)Command.ToNumber(_command.Words[at]);
}
