using Cluster.Client.Engine;
using Cluster.Protocol;

namespace Cluster.Client.Tests.Engine;

/// <summary>An engine, its time, and the far end of its streams.</summary>
internal sealed class EngineBench
{
    public EngineBench(EngineSettings? settings = null) =>
        Engine = new CallEngine(settings ?? new EngineSettings(), () => 0.5);

    public CallEngine Engine { get; }

    public long NowMs { get; private set; } = 1_000;

    public List<EngineCall> Completed { get; } = [];

    /// <summary>An engine that is connected to one node.</summary>
    public static EngineBench Connected(out EngineStream stream, EngineSettings? settings = null)
    {
        var bench = new EngineBench(settings);
        bench.Engine.Connect(bench.NowMs);
        stream = bench.Greet("n1");
        return bench;
    }

    /// <summary>Opens the stream that the engine has requested, and welcomes it.</summary>
    public EngineStream Greet(string node, int pid = 7)
    {
        var stream = TakeRequest();
        Engine.Opened(stream, NowMs);
        var hello = Assert.Single(Frames(stream));
        Assert.NotNull(hello.Hello);
        Receive(stream, Calls.Welcome(node, pid));
        return stream;
    }

    public EngineStream TakeRequest() =>
        FindRequest() ?? throw new InvalidOperationException("no stream was requested");

    public EngineStream? FindRequest()
    {
        while (Engine.TryTakeCommand(out var command))
        {
            if (command.Open)
                return command.Stream;
        }

        return null;
    }

    public bool WantsStream()
    {
        while (Engine.TryTakeCommand(out var command))
        {
            if (command.Open)
                return true;
        }

        return false;
    }

    public EngineCall Start(EngineCall call)
    {
        Engine.Start(call, NowMs);
        Collect();
        return call;
    }

    public void Cancel(EngineCall call)
    {
        Engine.Cancel(call, NowMs);
        Collect();
    }

    public void Receive(EngineStream stream, ServerFrame frame)
    {
        Engine.Receive(stream, frame, NowMs);
        Collect();
    }

    public void Lose(EngineStream stream)
    {
        Engine.Lost(stream, "broken", NowMs);
        Collect();
    }

    public void Close()
    {
        Engine.Close(NowMs);
        Collect();
    }

    /// <summary>Lets time pass as a driver would: a tick whenever one is due.</summary>
    public void Pass(long ms)
    {
        var untilMs = NowMs + ms;
        while (Engine.NextDueMs <= untilMs)
        {
            NowMs = Math.Max(NowMs, Engine.NextDueMs);
            Engine.Tick(NowMs);
        }

        NowMs = untilMs;
        Collect();
    }

    /// <summary>SIGSTOP, and SIGCONT later: no timer runs in between.</summary>
    public void Stop(long ms) => NowMs += ms;

    /// <summary>Everything that the stream's writer would write now.</summary>
    public List<ClientFrame> Frames(EngineStream stream)
    {
        var frames = new List<ClientFrame>();
        while (Engine.NextFrame(stream, NowMs) is { } frame)
            frames.Add(frame);
        return frames;
    }

    public ClientFrame Frame(EngineStream stream) => Assert.Single(Frames(stream));

    private void Collect() => Engine.TakeCompleted(Completed);
}
