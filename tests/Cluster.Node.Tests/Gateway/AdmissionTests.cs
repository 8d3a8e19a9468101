using Akka.Actor;
using Cluster.Actors;
using Cluster.Actors.Sessions;
using Cluster.Node.Gateway;
using Cluster.Protocol;
using Grpc.Core;

namespace Cluster.Node.Tests.Gateway;

/// <summary>A refused client gets the reason, over gRPC and over bare frames.</summary>
public sealed class AdmissionTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ActorSystem _system = ActorSystem.Create("admission");

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _system.Terminate();

    [Fact]
    public async Task A_refused_admission_is_a_farewell_with_the_reason()
    {
        var options = new SessionOptions
        {
            // A session that is never opened sends no request.
            Regions = null!, Pids = ActorRefs.Nobody, Gateway = "", Stats = new NodeStats(), Time = TimeProvider.System,
        };
        var session = new SessionOpener(_system, options).Open()!;
        var frames = new Hello();
        var pump = new SessionPump(
            frames, () => session, new Bouncer(), new ClientBounds(new NodeStats(), TimeProvider.System));
        var refusal = await pump.RunAsync(CancellationToken.None).WaitAsync(Patience);
        Assert.Equal(new Refusal(Errno.EACCES, StatusCode.PermissionDenied, "not on the list"), refusal);
        var farewell = Assert.Single(frames.Written).Farewell;
        Assert.Equal(new Farewell { Errno = (int)Errno.EACCES, Reason = "not on the list" }, farewell);
    }

    // Connections without a process make room for others. A process that comes back would lose its place again and again
    // while many come, and then its lease.
    [Fact]
    public async Task A_process_that_comes_back_is_not_one_of_the_silent()
    {
        var frames = new Hello(new Protocol.Hello { KnownProcess = new KnownProcess { Pid = 1 } });
        var pump = new SessionPump(
            frames, () => null, new Bouncer(), new ClientBounds(new NodeStats(), TimeProvider.System));
        await pump.RunAsync(CancellationToken.None).WaitAsync(Patience);
        Assert.True(frames.IsIntroduced);
    }

    private sealed class Bouncer : IAdmission
    {
        public Identity Identify(Caller caller) => new("somebody", "nothing", null, 0, [], false, null);

        public Identity Return(Caller caller, int pid) => Identify(caller);

        public Credentials Admit(Caller caller, Credentials? stated, string? path) =>
            throw new RpcException(new Grpc.Core.Status(StatusCode.PermissionDenied, "not on the list"));
    }

    private sealed class Hello(Protocol.Hello? hello = null) : IFrames
    {
        public List<ServerFrame> Written { get; } = [];

        public Caller Caller { get; } = new(null);

        public long FrameBytes => 0;

        public bool IsIntroduced { get; private set; }

        public void Introduce() => IsIntroduced = true;

        public void Abort(string reason)
        {
        }

        public ValueTask<ClientFrame?> ReadAsync(CancellationToken cancellationToken) =>
            new(new ClientFrame { Hello = hello ?? new Protocol.Hello { NewProcess = new NewProcess() } });

        public ValueTask WriteAsync(ServerFrame frame, CancellationToken cancellationToken)
        {
            Written.Add(frame);
            return ValueTask.CompletedTask;
        }
    }
}
