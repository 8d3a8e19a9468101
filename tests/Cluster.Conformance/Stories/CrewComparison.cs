using Cluster.Conformance.Linux;
using Cluster.Core.Tests.Worlds;
using Cluster.Protocol;

namespace Cluster.Conformance.Stories;

/// <summary>
/// Runs scripts on the kernel and on our objects with names at once. The kernel goes first: when everybody there has
/// returned or sleeps in a call that blocks, ours must come to the same.
/// </summary>
/// <typeparam name="TScript">The script.</typeparam>
/// <typeparam name="TOpened">What a process has open, on both sides.</typeparam>
internal abstract class CrewComparison<TScript, TOpened>(bool asRoot, int processes) : IComparison<TScript>
    where TScript : IScript<TScript>
{
    private readonly Dictionary<int, EntityKey> _blocked = []; // which worker -> where
    private readonly Session[] _sessions = new Session[processes];
    private readonly Dictionary<string, int> _seen = [];
    private World _world = null!;
    private int _names;
    private long _blockedCalls;
    private long _exits;
    private readonly List<(int Who, WorkerReply Reply)> _returned = [];

    public long Calls { get; private set; }

    public string Summary => $"{_blockedCalls} blocked, {_exits} exits; "
        + string.Join(", ", _seen.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key} {pair.Value}"));

    protected Crew Crew { get; } = new(processes, asRoot);

    /// <summary>What each worker has open.</summary>
    protected List<TOpened>[] Open { get; } = new List<TOpened>[processes];

    public bool WasDisturbed() => Crew.WasContinued();

    public virtual void Dispose() => Crew.Dispose();

    public string? Run(TScript script)
    {
        _world = new World();
        for (var who = 0; who < Crew.Size; who++) Introduce(who);
        string? difference = null;
        for (var at = 0; at < script.Length && difference is null; at++)
        {
            difference = Take(script, at, out var step);
            if (difference is not null) difference = $"step {at + 1}, {step}: {difference}";
        }

        CleanUp(difference is not null);
        return difference;
    }

    /// <summary>Takes a step. Returns the difference, or null.</summary>
    protected abstract string? Take(TScript script, int at, out string step);

    /// <summary>Removes what the script has left in the kernel.</summary>
    protected abstract void UnlinkAll();

    /// <summary>Closes what a worker has open, in the kernel.</summary>
    protected abstract void Close(int who, TOpened opened);

    /// <summary>Prepares a new worker.</summary>
    protected virtual void Prepare(int who)
    {
    }

    /// <summary>Compares the state of an object that somebody has open.</summary>
    protected abstract string? CompareState(EntityKey target);

    /// <summary>The objects that a worker has open.</summary>
    protected abstract IEnumerable<EntityKey> OpenBy(int who);

    /// <summary>The result of a call of the kernel.</summary>
    protected abstract string Show(WorkerReply reply, WorkerCommand command);

    /// <summary>The result of our call.</summary>
    protected abstract string Show(Result result);

    /// <summary>The command that the other, blocked workers are in.</summary>
    protected abstract WorkerCommand Blocking { get; }

    /// <summary>A call of a worker has returned, perhaps a blocked one; after <see cref="OnResult"/>.</summary>
    protected virtual void OnReturned(int who, WorkerReply reply)
    {
    }

    /// <summary>Our call of a worker has completed.</summary>
    protected virtual void OnResult(int who, Result result)
    {
    }

    protected bool IsBlocked(int who) => _blocked.ContainsKey(who);

    protected int WhoIs(int pid) => Array.FindIndex(_sessions, session => session.Pid == pid);

    /// <summary>A call that cannot block, alone on both sides; the kernel's result.</summary>
    protected WorkerReply Tell(int who, WorkerCommand command, long[] numbers, byte[] bytes)
    {
        Crew[who].Tell(command, numbers, bytes);
        return Crew[who].Result() ?? throw new InvalidOperationException($"{command} blocks");
    }

    /// <summary>Our call; the results that it has caused.</summary>
    protected List<(int Pid, Result Result)> Make(int who, EntityKey to, Call call)
    {
        _world.Arrived.Clear();
        _world.Call(_sessions[who], to, call);
        return Arrived();
    }

    /// <summary>mq_open(3) and its like, as the client library does it.</summary>
    protected Errno OpenOurs(int who, Kind kind, Get get, int flags, out EntityKey target, out long number)
    {
        Calls++;
        var directory = World.DirectoryOf(1, kind);
        (target, number) = (directory, 0);
        var found = Make(who, directory, new Call { Get = get })[^1].Result;
        if (found.Errno != 0) return (Errno)found.Errno;
        target = new EntityKey { Kind = kind, Namespace = 1, Id = found.Got.Id };
        var open = new DescriptionOpen { Flags = flags, CreatedBy = found.Got.Existed ? 0 : found.Seq };
        var opened = Make(who, target, new Call { Description = new DescriptionCall { Open = open } })[^1].Result;
        number = opened.DescriptionOpened?.Number ?? 0;
        return (Errno)opened.Errno;
    }

    /// <summary>The same call on both sides.</summary>
    protected string? Both(int who, WorkerCommand command, long[] numbers, byte[] bytes, EntityKey to, Call call)
    {
        Calls++;
        Crew[who].Tell(command, numbers, bytes);
        var linux = Settle(who, command);
        var ours = Make(who, to, call);
        return CompareResults(linux, ours, who, to) ?? (to.Kind == Kind.Directory ? null : CompareState(to));
    }

    protected string? Exit(int who)
    {
        _exits++;
        var isBlocked = _blocked.Remove(who);
        var targets = OpenBy(who).Distinct().ToArray();
        Crew.Replace(who, byKill: isBlocked);
        var linux = Settle(null, WorkerCommand.Exit);
        _world.Arrived.Clear();
        _world.Exit(_sessions[who], withAck: true);
        var results = Arrived(); // before the calls that prepare the new one
        Introduce(who);
        return CompareResults(linux, results, null, null)
            ?? targets.Select(CompareState).FirstOrDefault(difference => difference is not null);
    }

    protected void Saw(string outcome)
    {
        var kind = outcome.Split('=')[0];
        _seen[kind] = _seen.GetValueOrDefault(kind) + 1;
    }

    private void Introduce(int who)
    {
        var worker = Crew[who];
        var credentials = new Credentials { Uid = worker.Uid, Gid = worker.Gid };
        _sessions[who] = _world.StartProcess($"p{who}.{_names++}", credentials, "/", 1_000_000_000);
        Open[who] = [];
        Prepare(who);
    }

    private void CleanUp(bool wasDifferent)
    {
        UnlinkAll();
        if (wasDifferent) Crew.Renew();
        for (var who = 0; who < Crew.Size && !wasDifferent; who++)
        {
            if (IsBlocked(who)) Crew.Replace(who, byKill: true);
            else Open[who].ForEach(opened => Close(who, opened));
        }

        _blocked.Clear();
    }

    /// <summary>Waits until every call in the kernel has returned or is blocked. Returns the results.</summary>
    private Dictionary<int, string> Settle(int? caller, WorkerCommand command)
    {
        Dictionary<int, string> returned = [];
        bool again;
        do
        {
            again = false;
            IEnumerable<int> watched = caller is { } own ? [own, .. _blocked.Keys] : _blocked.Keys;
            foreach (var who in watched.Where(who => !returned.ContainsKey(who)).ToArray())
            {
                if (Crew[who].ResultUnlessBlocked() is not { } reply) continue;
                _returned.Add((who, reply));
                returned[who] = Show(reply, who == caller ? command : Blocking);
                again = true;
            }
        }
        while (again);
        return returned;
    }

    /// <summary>The cluster must have served exactly the calls that the kernel served.</summary>
    private string? CompareResults(
        Dictionary<int, string> linux, List<(int Pid, Result Result)> results, int? caller, EntityKey? target)
    {
        var ours = results.ToDictionary(each => WhoIs(each.Pid), each => Show(each.Result));
        foreach (var (pid, result) in results) OnResult(WhoIs(pid), result);
        foreach (var (who, reply) in _returned) OnReturned(who, reply);
        _returned.Clear();
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
            _blocked.Add(blocked, target!);
        }

        return null;
    }

    private List<(int Pid, Result Result)> Arrived() =>
        [.. _world.Arrived.Select(each => (each.Session.Pid, each.Result))];
}
