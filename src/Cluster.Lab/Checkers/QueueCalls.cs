using Cluster.Lab.Histories;

namespace Cluster.Lab.Checkers;

/// <summary>The calls on one queue, and the messages: each send with its receive.</summary>
internal sealed class QueueCalls
{
    private QueueCalls(string name, IReadOnlyList<Operation> calls, Refusals refusals)
    {
        Name = name;
        Calls = calls;
        Empties = [.. calls.Where(refusals.FoundNothing)];
    }

    public string Name { get; }

    public IReadOnlyList<Operation> Calls { get; }

    /// <summary>
    /// The messages that were sent. A send of unknown outcome counts only if its message was received.
    /// </summary>
    public List<QueueMessage> Messages { get; } = [];

    /// <summary>Receives that found nothing.</summary>
    public IReadOnlyList<Operation> Empties { get; }

    /// <summary>The first message that was received without a send, received twice, or sent twice.</summary>
    public Finding? Impossible { get; private set; }

    /// <summary>The calls of each queue.</summary>
    public static IEnumerable<QueueCalls> Of(History history)
    {
        var (acknowledged, refusals) = (new Acknowledged(history), new Refusals(history));
        return history.ByObject(CallKind.Send, CallKind.Receive).Select(calls =>
        {
            var queue = new QueueCalls(calls.Object, calls.Operations, refusals);
            queue.Pair(acknowledged);
            return queue;
        });
    }

    /// <summary>Whether msgrcv(2) with this selector can return a message of this type.</summary>
    public static bool Selects(long selector, long type) =>
        selector == 0 || (selector > 0 ? type == selector : -type >= selector);

    private void Pair(Acknowledged acknowledged)
    {
        var sends = new Dictionary<string, Operation>();
        foreach (var send in Calls.Where(call => call is { Call: CallKind.Send, Text: not null }))
        {
            if (!sends.TryAdd(send.Text!, send))
                Impossible ??= new Finding(
                    "two sends have the same text: the workload is wrong", sends[send.Text!], send);
        }

        var receives = new Dictionary<string, List<Operation>>();
        foreach (var receive in Calls.Where(call => call is { Call: CallKind.Receive, IsOk: true }))
            Receive(receive, sends, receives, acknowledged);
        foreach (var (text, send) in sends)
        {
            if (receives.TryGetValue(text, out var all)) Messages.Add(new QueueMessage(send, all[^1], all[..^1]));
            else if (send.IsOk) Messages.Add(new QueueMessage(send, null, []));
        }
    }

    private void Receive(
        Operation receive,
        Dictionary<string, Operation> sends,
        Dictionary<string, List<Operation>> receives,
        Acknowledged acknowledged)
    {
        var text = receive.Text ?? "";
        if (!sends.TryGetValue(text, out var send))
            Impossible ??= new Finding("a message was received that nobody sent", receive);
        else if (send.Outcome == Outcome.Refused)
            Impossible ??= new Finding("a message was received whose send is said not to have happened", send, receive);
        else if (receive.LatestAt < send.InvokedAt)
            Impossible ??= new Finding("a message was received before it was sent", send, receive);
        else if (receive.Type != send.Type || !Selects(receive.Selector, receive.Type))
            Impossible ??= new Finding(
                "a message came as another type than it was sent, or was asked for", send, receive);
        if (!receives.TryGetValue(text, out var others)) receives[text] = others = [];
        if (others.Find(other => !acknowledged.MayBoth(other, receive)) is { } other)
            Impossible ??= new Finding(
                "a message was received twice", [.. sends.Values.Where(s => s.Text == text), other, receive]);

        // The last receive has the message. It did not go back from a receive that is certainly acknowledged.
        if (others.Count > 0 && acknowledged.IsCertain(others[^1])) others.Insert(0, receive);
        else others.Add(receive);
    }
}
