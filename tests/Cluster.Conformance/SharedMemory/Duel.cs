using Cluster.Core.Tests.Worlds;
using Cluster.Protocol;

namespace Cluster.Conformance.SharedMemory;

/// <summary>
/// One script on the kernel and on the cluster, side by side: every result, every errno, every member of shmid_ds. Ids
/// and pids differ, so the comparison maps them; times are compared by when they were set.
/// </summary>
public sealed class Duel : IDisposable
{
    private const int IPC_RMID = 0, IPC_SET = 1, SHM_LOCK = 11, SHM_UNLOCK = 12;
    private static readonly uint[] Users = [0, 1000, 2000, 3000];
    private static readonly uint[] GroupsOf = [0, 100, 100, 300];

    private readonly World _world = new();
    private readonly bool _isRoot = LinuxProcess.geteuid() == 0;
    private readonly int _firstKey;
    private readonly List<(LinuxProcess Linux, Session Own)> _processes = [];
    private readonly Dictionary<long, string> _names = new() { [0] = "0" };
    private readonly Dictionary<long, string> _ownNames = new() { [0] = "0" };
    private readonly List<(long Linux, int Own)> _segments = [];
    private readonly List<(int Who, long Id, long Address, int OwnId, long OwnAttachment)> _attachments = [];
    private readonly HashSet<long> _made = [];
    private readonly long _startedMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
    private readonly long _ownStartedMs;
    private long _blurMs = 1_999; // how far times may be apart: they are in seconds, and calls take time

    public Duel(int firstKey)
    {
        _firstKey = firstKey;
        _ownStartedMs = _world.NowMs;
        for (var who = 0; who < Users.Length; who++) _processes.Add(Start(who));
    }

    /// <summary>Calls made on the kernel.</summary>
    public int Calls { get; private set; }

    /// <summary>Runs a step; null, or how the two differ.</summary>
    public string? Run(Step step)
    {
        var (linux, own) = _processes[step.Who];
        switch (step.Verb)
        {
            case Verb.Get:
                return Get(linux, own, step);
            case Verb.Die:
                linux.Kill();
                Catch();
                _world.Exit(own, withAck: false);
                _attachments.RemoveAll(each => each.Who == step.Who);
                _processes[step.Who] = Start(step.Who);
                linux.Dispose();
                return null;
            case Verb.Detach:
                return _attachments.Count == 0 ? null : Detach(step);
            default:
                return _segments.Count == 0 ? null : OnSegment(linux, own, step);
        }
    }

    public void Dispose()
    {
        foreach (var id in _made) _processes[0].Linux.Call("ctl", id, IPC_RMID);
        foreach (var (linux, _) in _processes) linux.Dispose();
    }

    private (LinuxProcess Linux, Session Own) Start(int who)
    {
        var (uid, gid) = _isRoot ? (Users[who], GroupsOf[who]) : (LinuxProcess.geteuid(), LinuxProcess.getegid());
        var linux = new LinuxProcess(_isRoot ? uid : null, gid);
        var name = $"p{_names.Count}";
        var own = _world.StartProcess(name, new Credentials { Uid = uid, Gid = gid }, "/", 1_000_000);
        _names[linux.Pid] = name;
        _ownNames[own.Pid] = name;
        return (linux, own);
    }

    private string? Get(LinuxProcess linux, Session own, Step step)
    {
        var key = step.Key == 0 ? 0 : _firstKey + step.Key;
        var theirs = Kernel(() => linux.Call("get", key, step.Size, step.Flags));
        var get = new Get { Key = step.Key, Size = step.Size, Flags = step.Flags };
        var result = Make(own, World.SegmentDirectoryOf(1), new Call { Get = get });
        if (result.Got is { Existed: true } got)
        {
            var access = new Call { Access = new Access { Flags = step.Flags } };
            var allowed = Make(own, World.SegmentOf(1, got.Id), access);
            if (allowed.Errno != 0) result = allowed;
        }

        if (theirs < 0 || result.Errno != 0) return Same(-theirs, result.Errno);
        var known = _segments.FindIndex(each => each.Linux == theirs);
        if (known != _segments.FindIndex(each => each.Own == result.Got.Id)) return "they found different segments";
        if (known < 0) _segments.Add((theirs, result.Got.Id));
        _made.Add(theirs);
        return null;
    }

    private string? Detach(Step step)
    {
        var at = step.Which % _attachments.Count;
        var attachment = _attachments[at];
        _attachments.RemoveAt(at);
        // At once, sometimes, a second time: later the address may be that of another attachment.
        return DetachOnce() ?? (step.Flags == 0x180 ? DetachOnce() : null);

        string? DetachOnce()
        {
            var (linux, own) = _processes[attachment.Who];
            var theirs = Kernel(() => linux.Call("dt", attachment.Address));
            var call = new Call { Shmdt = new ShmDt { Attachment = attachment.OwnAttachment } };
            var result = Make(own, World.SegmentOf(1, attachment.OwnId), call);
            return Same(theirs < 0 ? -theirs : 0, result.Errno);
        }
    }

    private string? OnSegment(LinuxProcess linux, Session own, Step step)
    {
        var (id, ownId) = _segments[step.Which % _segments.Count];
        var target = World.SegmentOf(1, ownId);
        switch (step.Verb)
        {
            case Verb.Attach:
                var address = Kernel(() => linux.Call("at", id, step.Flags));
                var attached = Make(own, target, new Call { Shmat = new ShmAt { Flags = step.Flags } });
                if (address > 0 && attached.ShmAttachment is { } mine)
                    _attachments.Add((step.Who, id, address, ownId, mine.Id));
                return Same(address < 0 ? -address : 0, attached.Errno);
            case Verb.Stat:
                var members = linux.Stat(id);
                Calls++;
                return SameStat(members, Make(own, target, new Call { Shmstat = new ShmStat() }));
            case Verb.Set:
                var user = step.Key == 3 ? uint.MaxValue : _isRoot ? Users[step.Key] : own.Credentials.Uid;
                var set = new ShmSet { Uid = user, Gid = own.Credentials.Gid, Mode = (uint)step.Flags | 0x1000 };
                return Both(linux, own, target, new Call { Shmset = set },
                    id, IPC_SET, set.Uid, set.Gid, set.Mode);
            case Verb.Lock:
                return Both(linux, own, target, new Call { Shmlock = new ShmLock() }, id, SHM_LOCK);
            case Verb.Unlock:
                return Both(linux, own, target, new Call { Shmlock = new ShmLock { Unlock = true } }, id, SHM_UNLOCK);
            default:
                var remove = new Call { Remove = new Remove { Id = ownId } };
                return Both(linux, own, World.SegmentDirectoryOf(1), remove, id, IPC_RMID);
        }
    }

    private string? Both(LinuxProcess linux, Session own, EntityKey to, Call call, params long[] arguments)
    {
        var theirs = Kernel(() => linux.Call("ctl", arguments));
        return Same(theirs < 0 ? -theirs : 0, Make(own, to, call).Errno);
    }

    private string? SameStat(long[] theirs, Result result)
    {
        if (theirs.Length == 1 || result.Errno != 0) return Same(theirs.Length == 1 ? -theirs[0] : 0, result.Errno);
        var (stat, owner) = (result.SegmentStat, result.SegmentStat.Permissions);
        var key = theirs[0] == 0 ? 0 : theirs[0] - _firstKey;
        var linux = $"key={key} uid={theirs[1]} gid={theirs[2]} cuid={theirs[3]} cgid={theirs[4]} mode={theirs[5]:x} "
            + $"segsz={theirs[6]} nattch={theirs[12]} cpid={_names[theirs[10]]} lpid={_names[theirs[11]]}";
        var own = $"key={owner.Key} uid={owner.Uid} gid={owner.Gid} cuid={owner.Cuid} cgid={owner.Cgid} "
            + $"mode={owner.Mode:x} segsz={stat.Segsz} nattch={stat.Nattch} cpid={_ownNames[stat.Cpid]} "
            + $"lpid={_ownNames[stat.Lpid]}";
        if (linux != own) return $"linux {linux}, own {own}";
        return SameTime("atime", theirs[7], stat.Atime) ?? SameTime("dtime", theirs[8], stat.Dtime)
            ?? SameTime("ctime", theirs[9], stat.Ctime);
    }

    private string? SameTime(string name, long theirs, long own)
    {
        if (theirs == 0 || own == 0) return theirs == own ? null : $"{name}: linux {theirs}, own {own}";
        var apart = (theirs - _startedMs / 1000) - (own - _ownStartedMs / 1000);
        return Math.Abs(apart) * 1000 <= _blurMs + 1000 ? null : $"{name}: {apart} s apart";
    }

    private static string? Same(long theirs, int own) =>
        theirs == own ? null : $"linux {(Errno)theirs}, own {(Errno)own}";

    // The cluster's clock stands still while the kernel is asked, and then catches up.
    private long Kernel(Func<long> call)
    {
        var before = _world.NowMs;
        Calls++;
        var result = call();
        Catch();
        if (_world.NowMs - before > 500) _blurMs += _world.NowMs - before;
        return result;
    }

    private void Catch()
    {
        var nowMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() - _startedMs + _ownStartedMs;
        if (nowMs > _world.NowMs) _world.Advance(nowMs - _world.NowMs);
    }

    private Result Make(Session who, EntityKey to, Call call)
    {
        _world.Arrived.Clear();
        var seq = _world.Call(who, to, call);
        return _world.Arrived.Single(each => each.Session == who && each.Result.Seq == seq).Result;
    }
}
