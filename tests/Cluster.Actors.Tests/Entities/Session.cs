using Akka.Actor;
using Akka.TestKit;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Actors.Tests.Entities;

/// <summary>A process with its session: its calls and their results.</summary>
internal sealed class Session(TestKitBase kit, int pid)
{
    private readonly TestProbe _probe = kit.CreateTestProbe();

    /// <summary>The session's actor.</summary>
    public IActorRef Ref => _probe.Ref;

    /// <summary>One message to an entity with these calls.</summary>
    public void Call(IActorRef entity, params Call[] calls) => Tell(entity, new Submit { Calls = { calls } });

    /// <summary>The same, over the route with a number.</summary>
    public void CallBy(IActorRef entity, ulong route, params Call[] calls) =>
        Tell(entity, new Submit { Calls = { calls }, Route = route });

    /// <summary>One message with calls that the process made after another one, which has no result yet.</summary>
    public void CallAfter(IActorRef entity, ulong after, params Call[] calls) =>
        Tell(entity, new Submit { Calls = { calls }, After = after });

    /// <summary>Says that every result below ack is in hand.</summary>
    public void Acknowledge(IActorRef entity, ulong ack) => Tell(entity, new Submit { Ack = ack });

    /// <summary>The next that the session hears: these results, by seq and errno, and nothing else.</summary>
    public async Task<Results> HearsAsync(params (ulong Seq, Errno Errno)[] expected)
    {
        var results = await _probe.ExpectMsgAsync<Results>();
        Assert.Equal(expected, results.Results_.Select(result => (result.Seq, (Errno)result.Errno)));
        Assert.Equal((pid, false), (results.Pid, results.Moved));
        return results;
    }

    /// <summary>The next that the session hears is that the entity is gone from here, or lacks a call.</summary>
    public async Task HearsMovedAsync()
    {
        var results = await _probe.ExpectMsgAsync<Results>();
        Assert.Equal((pid, true, 0), (results.Pid, results.Moved, results.Results_.Count));
    }

    /// <summary>The entity has taken all that it was sent, is alive, and has said nothing to this session.</summary>
    public async Task HearsNothingAsync(IActorRef entity)
    {
        entity.Tell(new Identify(pid), _probe);
        Assert.Equal(entity, (await _probe.ExpectMsgAsync<ActorIdentity>()).Subject);
    }

    /// <summary>msgsnd(2).</summary>
    public static Call Send(ulong seq, string text, long type = 1) =>
        new() { Seq = seq, Msgsnd = new MsgSnd { Type = type, Text = ByteString.CopyFromUtf8(text) } };

    /// <summary>msgrcv(2), blocking.</summary>
    public static Call Receive(ulong seq, long type = 0) =>
        new() { Seq = seq, Msgrcv = new MsgRcv { Type = type, Size = 8_192 } };

    /// <summary>msgrcv(MSG_COPY): the message at a place, which stays.</summary>
    public static Call Copy(ulong seq, long at)
    {
        const int flags = IpcFlags.MSG_COPY | IpcFlags.IPC_NOWAIT;
        return new Call { Seq = seq, Msgrcv = new MsgRcv { Type = at, Size = 8_192, Flags = flags } };
    }

    /// <summary>These messages are in the queue, in this order, and no others.</summary>
    public async Task SeesAsync(IActorRef queue, params string[] texts)
    {
        Call(queue, [.. Enumerable.Range(0, texts.Length + 1).Select(at => Copy((ulong)at + 1, at))]);
        var results = await HearsAsync(
            [.. texts.Select((_, at) => ((ulong)at + 1, Errno.None)), ((ulong)texts.Length + 1, Errno.ENOMSG)]);
        Assert.Equal(texts, results.Results_.SkipLast(1).Select(result => result.Message.Text.ToStringUtf8()));
    }

    /// <summary>msgctl(IPC_STAT).</summary>
    public static Call Stat(ulong seq) => new() { Seq = seq, Msgstat = new MsgStat() };

    private void Tell(IActorRef entity, Submit submit)
    {
        submit.To = EntityHost.Queue;
        submit.Stamp = new Stamp
        {
            Pid = pid,
            Credentials = new Credentials(),
            Namespace = 1,
            Limits = new Limits { Msgmax = 8_192, Msgmnb = 16_384, Msgmni = 32_000 },
        };
        entity.Tell(submit, _probe);
    }
}
