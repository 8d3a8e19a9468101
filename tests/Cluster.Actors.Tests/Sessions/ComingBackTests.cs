using System.Threading.Channels;
using Akka.Actor;
using Cluster.Actors.Sessions;
using Cluster.Actors.Routing;
using Cluster.Core.Namespaces;
using Cluster.Protocol;

namespace Cluster.Actors.Tests.Sessions;

/// <summary>A process reconnects with a new session while shards move.</summary>
public sealed class ComingBackTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ActorSystem _system = ActorSystem.Create("back");
    private readonly Channel<object> _heard = Channel.CreateUnbounded<object>();

    public void Dispose() => _system.Dispose();

    [Fact]
    public async Task A_reconnected_session_calls_registered_objects_without_the_process_entity()
    {
        var session = await OpenAsync(lost: 0);
        await session.WriteAsync(Send(queue: 1), null, CancellationToken.None);
        await session.WriteAsync(Send(queue: 2), null, CancellationToken.None);
        Assert.Equal(1, Assert.IsType<Submit>(await HearAsync()).To.Id);
        Assert.Equal(2, Assert.IsType<Request>(await HearAsync()).TouchEntities.Keys[0].Id);
        Assert.Equal(2, Assert.IsType<Submit>(await HearAsync()).To.Id);
    }

    [Fact]
    public async Task A_lost_request_is_repeated_before_the_next_round()
    {
        // The rounds of a session are an hour apart here.
        var session = await OpenAsync(lost: 1);
        await session.WriteAsync(Send(queue: 2), null, CancellationToken.None);
        Assert.NotNull(Assert.IsType<Request>(await HearAsync()).TouchEntities);
        Assert.NotNull(Assert.IsType<Request>(await HearAsync()).TouchEntities);
        Assert.Equal(2, Assert.IsType<Submit>(await HearAsync()).To.Id);
    }

    private async Task<Session> OpenAsync(int lost)
    {
        var entities = _system.ActorOf(Props.Create(() => new Entities(_heard.Writer, lost)));
        var session = new SessionOpener(_system, new SessionOptions
        {
            Regions = new Regions(entities, entities),
            Pids = ActorRefs.Nobody,
            Gateway = "",
            Stats = new NodeStats(),
            RepeatAfter = TimeSpan.FromHours(1),
        }).Open()!;
        var hello = new ClientFrame { Hello = new Hello { KnownProcess = new KnownProcess { Pid = 7 } } };
        await session.WriteAsync(hello, null, CancellationToken.None);
        using var patience = new CancellationTokenSource(Patience);
        Assert.NotNull((await session.Output.ReadAsync(patience.Token)).Welcome);
        return session;
    }

    private async Task<object> HearAsync() => await _heard.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    private static ClientFrame Send(long queue)
    {
        var calls = new TargetCalls { Target = new Target { Kind = Kind.MessageQueue, Id = queue } };
        calls.Calls.Add(new Call { Seq = (ulong)queue, Msgsnd = new MsgSnd() });
        return new ClientFrame { Calls = { calls } };
    }

    // The process, which has touched queue 1, its namespace, and the queues.
    private sealed class Entities(ChannelWriter<object> heard, int lost) : UntypedActor
    {
        private int _lost = lost;

        protected override void OnReceive(object message)
        {
            if (message is Submit) heard.TryWrite(message);
            if (message is not Request request) return;
            var reply = new Reply { Id = request.Id, From = request.To };
            if (request.TouchEntities is not null)
            {
                heard.TryWrite(request);
                if (_lost-- > 0) return;
            }
            else if (request.SubscribeLimits is not null) reply.OwnLimits = new OwnLimits();
            else if (request.AttachProcess is not null) reply.Attached = Known();
            Sender.Tell(reply, Self);
        }

        private static Attached Known()
        {
            var process = new ProcessStarted
            {
                Pid = 7, Namespace = Namespace.Root, NamespacePath = "/", LeaseMs = 60_000,
                Credentials = new Credentials(),
            };
            var touched = new EntityKey { Kind = Kind.MessageQueue, Namespace = Namespace.Root, Id = 1 };
            return new Attached { Process = process, Touched = { touched } };
        }
    }
}
