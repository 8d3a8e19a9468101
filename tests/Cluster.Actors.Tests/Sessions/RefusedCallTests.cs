using System.Diagnostics.Metrics;
using Akka.Actor;
using Cluster.Actors.Metrics;
using Cluster.Actors.Sessions;
using Cluster.Actors.Routing;
using Cluster.Core.Namespaces;
using Cluster.Protocol;

namespace Cluster.Actors.Tests.Sessions;

/// <summary>
/// A call that a session refuses by itself, for its process is full or unknown, is counted as any other.
/// </summary>
public sealed class RefusedCallTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ActorSystem _system = ActorSystem.Create("refused");
    private readonly Meter _meter = new("refused");
    private readonly NodeStats _stats = new();

    public void Dispose()
    {
        _meter.Dispose();
        _system.Dispose();
    }

    [Theory]
    [InlineData(Errno.EMFILE)]
    [InlineData(Errno.ESRCH)]
    public async Task A_call_that_the_session_fails_is_in_the_metrics(Errno errno)
    {
        _stats.CallMeter = new CallMeter(_meter);
        var entities = _system.ActorOf(Props.Create(() => new Entities(errno)));
        var session = new SessionOpener(_system, new SessionOptions
        {
            Regions = new Regions(entities, entities), Pids = ActorRefs.Nobody, Gateway = "", Stats = _stats,
        }).Open()!;
        var hello = new ClientFrame { Hello = new Hello { KnownProcess = new KnownProcess { Pid = 7 } } };
        await session.WriteAsync(hello, null, CancellationToken.None);
        Assert.NotNull((await NextAsync(session)).Welcome);
        var calls = new TargetCalls { Target = new Target { Kind = Kind.MessageQueue, Id = 1 } };
        calls.Calls.Add(new Call { Seq = 1, Msgsnd = new MsgSnd() });
        calls.Calls.Add(new Call { Seq = 2, Msgsnd = new MsgSnd() });
        await session.WriteAsync(new ClientFrame { Calls = { calls } }, null, CancellationToken.None);
        var answer = await NextAsync(session);
        if (errno == Errno.ESRCH) Assert.Equal((int)errno, answer.Farewell.Errno);
        else Assert.All(answer.Results[0].Results, result => Assert.Equal((int)errno, result.Errno));
        Assert.Equal(2, Counted()[$"message_queue msgsnd {errno}"]);
        Assert.Equal(2, _stats.Results);
    }

    private static async Task<ServerFrame> NextAsync(Session session)
    {
        using var patience = new CancellationTokenSource(Patience);
        return await session.Output.ReadAsync(patience.Token);
    }

    private Dictionary<string, long> Counted()
    {
        var counts = new Dictionary<string, long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, to) =>
        {
            if (instrument.Meter == _meter) to.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, value, labels, _) =>
            counts[string.Join(' ', labels.ToArray().Select(label => label.Value))] = value);
        listener.Start();
        listener.RecordObservableInstruments();
        return counts;
    }

    // The process and its namespace, as far as a session asks them.
    private sealed class Entities(Errno errno) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is not Request request) return;
            var reply = new Reply { Id = request.Id, From = request.To };
            if (request.TouchEntities is not null) reply.Errno = (int)errno;
            else if (request.SubscribeLimits is not null) reply.OwnLimits = new OwnLimits();
            else if (request.AttachProcess is not null) reply.Attached = new Attached { Process = Known };
            else return;
            Sender.Tell(reply, Self);
        }

        private static ProcessStarted Known => new()
        {
            Pid = 7, Namespace = Namespace.Root, NamespacePath = "/", LeaseMs = 60_000, Credentials = new Credentials(),
        };
    }
}
