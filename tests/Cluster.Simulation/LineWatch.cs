using Cluster.Core.Machines;
using Cluster.Core.Objects.MessageQueues;
using Cluster.Protocol;

namespace Cluster.Simulation;

/// <summary>
/// Watches the decisions of a queue. No message may be taken while an earlier message of its type can be taken. No
/// waiter may be served while an earlier waiter is present and wants the message. A message that was kept for a receiver
/// that was away goes to that receiver, or to one whose time is over, whoever stands in line.
/// </summary>
public sealed class LineWatch(Machine machine, Executor executor) : IOutputs
{
    private readonly Dictionary<(int Pid, ulong Seq), Receiver> _waiting = [];
    private readonly Dictionary<ulong, long> _types = [];
    private readonly HashSet<ulong> _kept = [];

    /// <summary>Listens to the machine.</summary>
    public void Bind() => machine.Bind(this);

    /// <summary>Remembers the state before an input.</summary>
    public void Before()
    {
        if (machine is not MessageQueue queue) return;
        _waiting.Clear();
        foreach (var receiver in queue.Waiters.All.OfType<Receiver>())
            _waiting.Add((receiver.Pid, receiver.Seq), receiver);
        _kept.Clear();
        _kept.UnionWith(queue.Messages.All.Where(each => each.Holder is not null).Select(each => each.Serial));
        Learn(queue);
    }

    private void Learn(MessageQueue queue)
    {
        foreach (var message in queue.Messages.All) _types[message.Serial] = message.Type;
    }

    /// <summary>An event was applied.</summary>
    public void Append(Event fact)
    {
        if (machine is MessageQueue queue)
        {
            if (fact.MessageReceived is { } taken) Check(queue, taken);
            else if (fact.FactCase is Event.FactOneofCase.MessageQueued or Event.FactOneofCase.ParkedMessageQueued
                or Event.FactOneofCase.ExitRecorded)
                Learn(queue);
        }

        executor.Append(fact);
    }

    private void Check(MessageQueue queue, MessageReceived taken)
    {
        var type = _types[taken.Serial];
        var earlier = queue.Messages.All.FirstOrDefault(
            each => each.Type == type && each.Serial < taken.Serial && each.Holder is null);
        if (earlier is not null)
            throw new SimulationException($"message {taken.Serial} was taken before {earlier.Serial}, of one type");
        if (!_waiting.TryGetValue((taken.Pid, taken.Seq), out var served)) return;
        if (_kept.Contains(taken.Serial)) return;
        var passed = queue.Waiters.All.OfType<Receiver>().FirstOrDefault(each => each.Ticket < served.Ticket
            && each.Presence != Presence.PassedOver && each.Held is null && Wants(each, type));
        if (passed is not null)
            throw new SimulationException($"waiter {served.Ticket} was served before {passed.Ticket}");
    }

    public void Release(int pid, Result result) => executor.Release(pid, result);

    public void Answer(ulong token, Reply reply) => executor.Answer(token, reply);

    public void Subscribe(ulong token) => executor.Subscribe(token);

    public void Unsubscribe(ulong token) => executor.Unsubscribe(token);

    public void Publish(Reply news) => executor.Publish(news);

    public void Push(ulong token, Reply news) => executor.Push(token, news);

    public void Send(Request request) => executor.Send(request);

    private static bool Wants(Receiver receiver, long type) => receiver.Type switch
    {
        0 => true,
        < 0 => type <= -receiver.Type,
        _ when (receiver.Flags & IpcFlags.MSG_EXCEPT) != 0 => type != receiver.Type,
        _ => type == receiver.Type,
    };
}
