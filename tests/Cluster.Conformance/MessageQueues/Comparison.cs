using Cluster.Conformance.Linux;
using Cluster.Conformance.Stories;
using Cluster.Core.Machines;
using Cluster.Core.Tests.Worlds;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Conformance.MessageQueues;

/// <summary>
/// Runs scripts on the kernel and on our queues at once. The kernel goes first: when everybody there has returned or
/// sleeps in msgsnd or msgrcv, ours must come to the same, in an order of waiting that is possible
/// (<see cref="Lines"/>).
/// </summary>
internal sealed partial class Comparison(bool asRoot) : IComparison<Script>
{
    private readonly Crew _crew = new(Script.Processes, asRoot);
    private readonly Session[] _sessions = new Session[Script.Processes];
    private readonly Dictionary<int, QueuePair> _blocked = []; // which worker -> where
    private readonly Dictionary<int, string> _names = [];      // pids of the kernel
    private readonly Dictionary<int, string> _ownNames = [];   // pids of ours
    private readonly List<QueuePair> _queues = [];
    private readonly Dictionary<string, int> _seen = [];
    // CAP_SYS_RESOURCE: root in a container may not have it.
    private static readonly bool MayExceed = (Convert.ToInt64(File.ReadLines("/proc/self/status")
        .Single(line => line.StartsWith("CapEff:", StringComparison.Ordinal)).Split('\t')[1], 16) & 1 << 24) != 0;

    private readonly int _firstKey = 0x5B000000 + Random.Shared.Next(1 << 23); // that nobody else is likely to have
    private World _world = null!;
    private Session _looker = null!;
    private long _blockedCalls;
    private long _exits;
    private long _otherOrders;

    public long Calls { get; private set; }

    public string Summary => $"{_blockedCalls} blocked, {_exits} exits, {_otherOrders} times another order than ours; "
        + string.Join(", ", _seen.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key} {pair.Value}"));

    public bool WasDisturbed() => _crew.WasContinued();

    public void Dispose() => _crew.Dispose();

    public string? Run(Script script)
    {
        _world = new World();
        _names.Clear();
        _ownNames.Clear();
        (_names[0], _ownNames[0]) = ("nobody", "nobody");
        _looker = _world.StartProcess("looker", new Credentials(), "/", 1_000_000_000);
        for (var who = 0; who < _crew.Size; who++) Introduce(who);
        string? difference = null;
        for (var at = 0; at < script.Steps.Count && difference is null; at++)
        {
            difference = Take(script.Steps[at]);
            if (difference is not null) difference = $"step {at + 1}, {script.Steps[at]}: {difference}";
        }

        for (var at = 0; at < _queues.Count && difference is null; at++) difference = Clear(_queues[at]);
        foreach (var queue in _queues) Libc.msgctl(queue.LinuxId, Libc.IPC_RMID, []);
        if (difference is not null) _crew.Renew();
        _queues.Clear();
        _blocked.Clear();
        return difference;
    }

    // ---- steps ----

    private string? Take(Step step)
    {
        _world.Advance(1_000);
        var isBlocked = _blocked.ContainsKey(step.Who);
        return step switch
        {
            Step.Interrupt => isBlocked ? Interrupt(step.Who) : null,
            Step.Exit => Exit(step.Who),
            _ when isBlocked => null,
            Step.Get get => Get(get),
            Step.OnQueue on => _queues.Count == 0 ? null : OnQueue(on, _queues[^(1 + (on.Which % _queues.Count))]),
            _ => throw new InvalidOperationException($"no such step: {step}"),
        };
    }

    private string? Get(Step.Get step)
    {
        var key = step.Key == 0 ? 0 : _firstKey + step.Key;
        _crew[step.Who].Tell(WorkerCommand.GetQueue, [key, step.Flags]);
        var linux = _crew[step.Who].Result() ?? throw new InvalidOperationException("msgget blocks");
        var session = _sessions[step.Who];
        var get = new Get { Key = key, Flags = step.Flags };
        var result = Make(session, World.DirectoryOf(1), new Call { Get = get })[^1].Result;
        var got = result.Got;
        if (got is { Existed: true })
        {
            var access = new Access { Flags = step.Flags };
            result = Make(session, World.QueueOf(1, got.Id), new Call { Access = access })[0].Result;
        }

        Saw(Show(linux, WorkerCommand.GetQueue));
        if (linux.Errno != result.Errno) return $"ours {(Errno)result.Errno}, Linux {(Errno)linux.Errno}";
        if (linux.Errno != 0) return null;
        var (id, ownKey) = (BitConverter.ToInt32(linux.Data), World.QueueOf(1, got.Id));
        var known = _queues.FindIndex(queue => queue.LinuxId == id);
        if (known != _queues.FindIndex(queue => queue.Key.Equals(ownKey))) return "they found different queues";
        if (known >= 0) return CompareState(_queues[known], Moment.Now);
        _queues.Add(new QueuePair(id, ownKey));
        var creator = session.Credentials;
        return OnQueue(new Step.Set(step.Who, 0, creator.Uid, creator.Gid, 0x1B6, step.Qbytes), _queues[^1]);
    }

    private string? OnQueue(Step.OnQueue step, QueuePair queue)
    {
        switch (step)
        {
            case Step.Send send:
                var text = System.Text.Encoding.ASCII.GetBytes(send.Text);
                var msgsnd = new MsgSnd { Type = send.Type, Text = ByteString.CopyFrom(text), Flags = send.Flags };
                return Both(step.Who, queue, WorkerCommand.Send, [send.Type, send.Flags], text,
                    new Call { Msgsnd = msgsnd });
            case Step.Receive receive:
                var msgrcv = new MsgRcv { Type = receive.Type, Size = receive.Size, Flags = receive.Flags };
                return Both(step.Who, queue, WorkerCommand.Receive, [receive.Size, receive.Type, receive.Flags], [],
                    new Call { Msgrcv = msgrcv });
            case Step.Stat:
                return Both(step.Who, queue, WorkerCommand.StatQueue, [], [], new Call { Msgstat = new MsgStat() });
            case Step.Set set when set.Qbytes > 16_384 && _crew[step.Who].Uid == 0 && !MayExceed:
                return null;
            case Step.Set set:
                var msgset = new MsgSet { Uid = set.Uid, Gid = set.Gid, Mode = set.Mode, Qbytes = (ulong)set.Qbytes };
                return Alone(queue) ?? Both(step.Who, queue, WorkerCommand.SetQueue,
                    [set.Uid, set.Gid, set.Mode, set.Qbytes], [], new Call { Msgset = msgset });
            default:
                var remove = new Call { Remove = new Remove { Id = (int)queue.Key.Id } };
                return Both(step.Who, queue, WorkerCommand.RemoveQueue, [], [], remove);
        }
    }

    // IPC_SET wakes receivers, and senders that fit now. A sender that runs first hands its message to a receiver that
    // has not looked yet whether it still may: the kernel's answer depends on the scheduler, so one thing at a time.
    private string? Alone(QueuePair queue)
    {
        if (!queue.Blocked.ContainsValue(true)) return null;
        return _blocked.Where(each => each.Value == queue && !queue.Blocked[_sessions[each.Key].Pid])
            .Select(each => each.Key).ToArray().Select(Interrupt).FirstOrDefault(difference => difference is not null);
    }

    private string? Interrupt(int who)
    {
        var (from, queue, session) = (Moment.Now, _blocked[who], _sessions[who]);
        _crew[who].Interrupt();
        var linux = Settle(null);
        _world.Arrived.Clear();
        _world.Submit(session, queue.Key, [], cancel: session.Last.Call.Seq);
        return CompareResults(linux, Arrived(), null, queue) ?? CompareState(queue, from);
    }

    private string? Exit(int who)
    {
        _exits++;
        var from = Moment.Now;
        var queue = _blocked.GetValueOrDefault(who);
        if (_blocked.Remove(who)) Leave(queue!, _sessions[who].Pid);
        _crew.Replace(who, byKill: queue is not null);
        var linux = Settle(null);
        _world.Arrived.Clear();
        _world.Exit(_sessions[who], withAck: true);
        Introduce(who);
        if (CompareResults(linux, Arrived(), null, null) is { } difference) return difference;
        return queue is null ? null : CompareState(queue, from);
    }

    /// <summary>At the end of a script every blocked call returns with EIDRM.</summary>
    private string? Clear(QueuePair queue)
    {
        if (Libc.msgctl(queue.LinuxId, Libc.IPC_RMID, []) != 0) return null; // it is gone already
        var linux = Settle(null);
        var ours = Make(_looker, World.DirectoryOf(1), new Call { Remove = new Remove { Id = (int)queue.Key.Id } });
        var difference = CompareResults(linux, [.. ours.Where(each => each.Pid != _looker.Pid)], null, queue);
        return difference is null ? null : $"IPC_RMID: {difference}";
    }

    // ---- both ----

    private string? Both(
        int who, QueuePair queue, WorkerCommand command, long[] numbers, byte[] bytes, Call call)
    {
        Calls++;
        var from = Moment.Now;
        _crew[who].Tell(command, [queue.LinuxId, .. numbers], bytes);
        var linux = Settle(who, command);
        var isRemoval = call.OpCase == Call.OpOneofCase.Remove;
        if (!isRemoval) PutInOrder(who, queue, call, linux);
        var ours = Make(_sessions[who], isRemoval ? World.DirectoryOf(1) : queue.Key, call);
        var difference = CompareResults(linux, ours, who, queue, command) ?? CompareState(queue, from);
        if (isRemoval && linux.GetValueOrDefault(who) == "ok")
        {
            _queues.Remove(queue);
            _queues.Insert(0, queue); // the latest are those that are called most
        }

        if (command == WorkerCommand.SetQueue && linux.GetValueOrDefault(who) == "ok")
        {
            // Each receiver has gone to the end of the line, in an unknown order.
            queue.Unordered.UnionWith(queue.Blocked.Where(each => !each.Value).Select(each => each.Key));
        }

        return difference;
    }

    /// <summary>Waits until every call in the kernel has returned or is blocked. Returns the results.</summary>
    private Dictionary<int, string> Settle(int? caller, WorkerCommand command = WorkerCommand.Exit)
    {
        Dictionary<int, string> returned = [];
        bool again;
        do
        {
            // A woken sender hands its message over before it returns, so a receiver that slept before may be awake
            // now.
            again = false;
            IEnumerable<int> watched = caller is { } own ? [own, .. _blocked.Keys] : _blocked.Keys;
            foreach (var who in watched.Where(who => !returned.ContainsKey(who)).ToArray())
            {
                if (_crew[who].ResultUnlessBlocked() is not { } reply) continue;
                returned[who] = Show(reply, who == caller ? command : WorkerCommand.Receive);
                again = true;
            }
        }
        while (again);
        return returned;
    }

    /// <summary>
    /// Gives ours the order of waiting that the kernel must have had, if it is not the own one. If there is none, the
    /// own one stays, and the comparison will say so.
    /// </summary>
    private void PutInOrder(int who, QueuePair queue, Call call, Dictionary<int, string> linux)
    {
        var competing = call.OpCase is Call.OpOneofCase.Msgrcv or Call.OpOneofCase.Msgset
            && queue.Blocked.Count(each => each.Value) > 1;
        if ((!competing && queue.Unordered.Count < 2) || _world.Find(queue.Key) is not { } entity) return;
        if (QueueCalls.Stat(queue.LinuxId) is not { } state) return;
        var seen = Describe(linux, QueueCalls.Contents(queue.LinuxId)!, _names[state.Lspid], _names[state.Lrpid]);
        var session = _sessions[who];
        var copy = call.Clone();
        copy.Seq = session.NextSeq;
        var submit = new Submit { Stamp = _world.StampOf(session), Ack = session.NextSeq, Calls = { copy } };
        var isOwn = true;
        foreach (var order in Lines.Orders(entity.Machine.TakeSnapshot(), competing, queue.Unordered))
        {
            var (results, after) = Lines.Try(entity.Machine, order, submit, _world.NowMs);
            var ours = results.ToDictionary(each => WhoIs(each.Pid), each => Show(each.Result));
            if (Describe(ours, QueuePair.Contents(after), _ownNames[after.Lspid], _ownNames[after.Lrpid]) == seen)
            {
                if (isOwn) return;
                _otherOrders++;
                entity.Machine.Restore(order);
                return;
            }

            isOwn = false;
        }
    }

    private List<(int Pid, Result Result)> Make(Session session, EntityKey to, Call call)
    {
        _world.Arrived.Clear();
        _world.Call(session, to, call);
        return Arrived();
    }

    private List<(int Pid, Result Result)> Arrived() =>
        [.. _world.Arrived.Select(each => (each.Session.Pid, each.Result))];

    private void Introduce(int who)
    {
        var worker = _crew[who];
        var name = $"p{who}.{_names.Count}";
        var credentials = new Credentials { Uid = worker.Uid, Gid = worker.Gid };
        _sessions[who] = _world.StartProcess(name, credentials, "/", 1_000_000_000);
        (_names[worker.Pid], _ownNames[_sessions[who].Pid]) = (name, name);
    }

    private int WhoIs(int pid) => Array.FindIndex(_sessions, session => session.Pid == pid);
}
