using Cluster.Client.Engine;
using Cluster.Protocol;

namespace Cluster.Simulation;

/// <summary>The calls of all clients, and the check of the promises.</summary>
internal sealed class History(Clock clock)
{
    // Deadlines are measured by the cluster's clock, of which a node may be a second behind.
    private const long EarlyBoundMs = 1_000;

    private readonly Dictionary<EngineCall, long> _open = []; // with the time of the start
    private readonly HashSet<EngineCall> _closed = [];
    private readonly Dictionary<string, Fate> _messages = [];
    private readonly Dictionary<(int Pid, Target Target), List<(ulong Seq, ulong Revision)>> _atOnce = [];

    /// <summary>The operations of the clients on the semaphores.</summary>
    public Permits Permits { get; } = new();

    /// <summary>Calls that completed.</summary>
    public int Count => _closed.Count;

    /// <summary>Of these, calls that were turned away because the executor was full.</summary>
    public int TurnedAway { get; private set; }

    public void Started(int client, EngineCall call)
    {
        _open.Add(call, clock.NowMs);
        if (call.Body.Msgsnd is { } send) _messages.Add(TextOf(send.Text), new Fate());
        clock.Note($"client {client} starts {Describe(call)}");
    }

    public void Completed(int client, EngineCall call)
    {
        clock.Note($"client {client} completes {call.Seq}: {Describe(call)} = {Outcome(call)}");
        if (!_closed.Add(call) || !_open.Remove(call, out var startedMs))
            throw new SimulationException($"call {client}.{call.Seq} completed twice");
        if (call.Result is not { } result) return; // its process was lost: anything may have happened
        var errno = (Errno)result.Errno;
        if (errno is not (Errno.None or Errno.EINTR or Errno.ETIMEDOUT or Errno.ENOMSG or Errno.EAGAIN
            or Errno.ENOBUFS))
            throw new SimulationException($"call {client}.{call.Seq} failed with {errno}");
        var timedOut = errno == Errno.ETIMEDOUT || (errno == Errno.EAGAIN && Waits(call.Body));
        if (timedOut && clock.NowMs - startedMs < call.TimeoutMs - EarlyBoundMs)
            throw new SimulationException(
                $"call {client}.{call.Seq} timed out {clock.NowMs - startedMs} ms after its start");
        if (errno == Errno.ENOBUFS) TurnedAway++;
        if (errno == Errno.None && result.Revision > 0 && IsAtOnce(call.Body)) NoteOrder(call, result.Revision);
        if (call.Body.Semop is { } semop && errno == Errno.None) Permits.Operated(client, semop, result);
        if (call.Body.Msgsnd is { } send) _messages[TextOf(send.Text)].Sent = errno == Errno.None;
        if (result.Message is { } message) Received(client, TextOf(message.Text));
    }

    // A call that does not wait runs when it arrives, and calls arrive in the order in which the process made them.
    private static bool IsAtOnce(Call body) => body.Semop is { } semop
        ? semop.Ops.All(op => (op.Flags & IpcFlags.IPC_NOWAIT) != 0)
        : ((body.Msgsnd?.Flags ?? body.Msgrcv?.Flags ?? 0) & IpcFlags.IPC_NOWAIT) != 0;

    // semop(2): EAGAIN comes from IPC_NOWAIT of any operation too.
    private static bool Waits(Call body) =>
        body.Semop is { } semop && semop.Ops.All(op => (op.Flags & IpcFlags.IPC_NOWAIT) == 0);

    private void NoteOrder(EngineCall call, ulong revision)
    {
        var key = (call.CompletedPid, call.Target);
        if (!_atOnce.TryGetValue(key, out var calls)) _atOnce.Add(key, calls = []);
        calls.Add((call.Seq, revision));
    }

    private void CheckOrder()
    {
        foreach (var ((pid, target), calls) in _atOnce)
        {
            calls.Sort();
            foreach (var (first, second) in calls.Zip(calls.Skip(1)))
            {
                if (first.Revision >= second.Revision)
                    throw new SimulationException(
                        $"calls {first.Seq} and {second.Seq} of process {pid} came to {target} in the other order");
            }
        }
    }

    /// <summary>Checks a run that has ended, after its queue was drained.</summary>
    /// <param name="isDead">Whether a client died. Its received messages may be received again.</param>
    public void Check(Func<int, bool> isDead)
    {
        CheckOrder();
        foreach (var (text, fate) in _messages)
        {
            // A message is delivered again only if its receiver died without an acknowledgement.
            if (fate.Receivers.SkipLast(1).FirstOrDefault(client => !isDead(client), -1) is >= 0 and var early)
                throw new SimulationException(
                    $"'{text}' was delivered to {early}, who lives, and later to {fate.Receivers[^1]}");
            if (fate.Sent == true && fate.Receivers.Count == 0)
                throw new SimulationException($"'{text}' was acknowledged, and is lost");
            if (fate.Sent == false && fate.Receivers.Count > 0)
                throw new SimulationException($"'{text}' was refused, and was delivered");
        }
    }

    private void Received(int client, string text)
    {
        if (!_messages.TryGetValue(text, out var fate))
            throw new SimulationException($"'{text}' was delivered, and nobody sent it");
        fate.Receivers.Add(client);
    }

    private static string TextOf(Google.Protobuf.ByteString text) => text.ToStringUtf8().TrimEnd();

    private static string Outcome(EngineCall call) => call.Result is { } result
        ? $"{(Errno)result.Errno} {result.Message?.Text.ToStringUtf8().TrimEnd()} (revision {result.Revision})"
        : call.Failure?.ToString() ?? "";

    private static string Describe(EngineCall call) => call.Body.OpCase switch
    {
        Call.OpOneofCase.Msgsnd => $"msgsnd {call.Body.Msgsnd.Type} '{TextOf(call.Body.Msgsnd.Text)}' {call.TimeoutMs}",
        Call.OpOneofCase.Semop => $"semop {call.Body.Semop.Ops} {call.TimeoutMs}",
        Call.OpOneofCase.Msgrcv => $"msgrcv {call.Body.Msgrcv.Type} {call.Body.Msgrcv.Flags:x} {call.TimeoutMs}",
        _ => call.Body.OpCase.ToString(),
    };

    private sealed class Fate
    {
        public readonly List<int> Receivers = [];
        public bool? Sent; // null: the sender never knew
    }
}
