using Cluster.Core.Machines;
using Cluster.Core.Tests.Worlds;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Replay;

/// <summary>
/// Random inputs for one entity of any kind: calls, cancellations, requests, late and repeated answers, exits,
/// refusals, crashes. After each of them the state must equal that of the journal.
/// </summary>
public sealed class EntityRun(int seed, EntityKey key, ExecutorOptions options)
{
    private readonly Random _random = new(seed);
    private readonly List<Request> _asked = [];
    private readonly Dictionary<int, (ulong NextSeq, List<Call> Calls)> _processes = [];
    private ulong _incarnation = 1;
    private long _nowMs = 1_000_000_000_000;
    private ulong _token;

    public Entity Entity { get; private set; } = new(key, 1, options);

    public required Func<Random, Call> NewCall { get; init; }

    public required Func<Random, Request> NewRequest { get; init; }

    public required Func<Random, Request, Reply> NewReply { get; init; }

    /// <summary>Calls that have a result, by process and seq: one result each, for ever.</summary>
    public Dictionary<(int Pid, ulong Seq), Result> Results { get; } = [];

    public void Step(bool fromStart)
    {
        var pid = _random.Next(2, 8) + (int)((_nowMs - 1_000_000_000_000) / 100_000) * 10; // in time others take over
        switch (_random.Next(100))
        {
            case < 45: Call(pid); break;
            case < 50: Again(pid, (submit, nowMs) => Entity.Machine.Submit(submit, nowMs)); break;
            case < 52: Again(pid, (submit, nowMs) => Entity.Machine.TurnAway(submit, nowMs)); break;
            case < 56: Cancel(pid); break;
            case < 62: Ask(NewRequest(_random)); break;
            case < 90: Reply(); break;
            case < 92: Ask(new Request { ProcessExited = new ProcessExited { Pid = pid } }); break;
            case < 94: Crash(); break;
            default: Tick(); break;
        }

        Settle();
        Entity.Check(fromStart);
    }

    private void Call(int pid)
    {
        if (!_processes.TryGetValue(pid, out var process)) _processes.Add(pid, process = (1, []));
        var call = NewCall(_random);
        call.Seq = process.NextSeq;
        process.Calls.Add(call);
        _processes[pid] = (process.NextSeq + 1, process.Calls);
        Entity.Machine.Submit(Submit(pid, call), _nowMs);
    }

    private void Again(int pid, Action<Submit, long> input)
    {
        if (_processes.TryGetValue(pid, out var process))
            input(Submit(pid, process.Calls[_random.Next(process.Calls.Count)]), _nowMs);
    }

    private void Cancel(int pid)
    {
        if (!_processes.TryGetValue(pid, out var process)) return;
        var submit = Submit(pid, null);
        submit.Cancels.Add((ulong)_random.Next((int)process.NextSeq) + 1);
        Entity.Machine.Submit(submit, _nowMs);
    }

    private void Ask(Request request)
    {
        request.To = key;
        Entity.Machine.Ask(request, ++_token, _nowMs);
    }

    // The answer to anything asked so far: it may come twice, or after another one.
    private void Reply()
    {
        if (_asked.Count == 0) return;
        var request = _asked[^(1 + _random.Next(Math.Min(3, _asked.Count)))];
        var reply = NewReply(_random, request);
        (reply.From, reply.Id) = (request.To, request.Id);
        Entity.Machine.OnReply(reply, _nowMs);
    }

    private void Tick()
    {
        _nowMs += _random.Next(3_000);
        Entity.Machine.Tick(_nowMs);
    }

    private void Crash()
    {
        Settle();
        Entity.Crash(++_incarnation);
        Entity.Machine.Recovered(_nowMs);
    }

    private void Settle()
    {
        Entity.Commit();
        _asked.AddRange(Entity.Executor.Ready.Requests);
        foreach (var (pid, result) in Entity.Executor.Ready.Results) Results[(pid, result.Seq)] = result.Clone();
        Entity.Executor.Ready.Clear();
        if (Entity.Machine.IsFinished) Entity = new Entity(key, ++_incarnation, options);
    }

    private Submit Submit(int pid, Call? call)
    {
        var submit = new Submit { Stamp = Stamp(pid), Ack = Ack(pid) };
        if (call is not null) submit.Calls.Add(call.Clone());
        return submit;
    }

    private ulong Ack(int pid)
    {
        if (_random.Next(3) == 0) return 0;
        ulong ack = 1;
        while (Results.ContainsKey((pid, ack))) ack++;
        return ack;
    }

    private static Stamp Stamp(int pid) => new()
    {
        Pid = pid,
        Credentials = new Credentials { Uid = pid % 3 == 0 ? 0 : 1000u },
        Namespace = 1,
        Limits = new Limits
        {
            Msgmax = 8192, Msgmnb = 16384, Msgmni = 20, MqueueQueuesMax = 20, MqueueMsgMax = 10, MqueueMsgsizeMax = 8192,
        },
    };
}
