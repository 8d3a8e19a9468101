using Cluster.Client.Engine;
using Cluster.Protocol;

namespace Cluster.Simulation.Signals;

/// <summary>A program that queues real-time signals for a process, several at a time, and perhaps dies.</summary>
internal sealed class SignalSender : SimulatedProgram
{
    private readonly SignalHistory _history;
    private readonly Target _receiver;
    private readonly long _number; // from 1
    private uint _last;

    public SignalSender(World world, SignalHistory history, SignalReceiver receiver, int number)
        : base(world)
    {
        (_history, _number) = (history, number);
        _receiver = new Target { Kind = Kind.Process, Id = receiver.Pid };
        Act(mostMs: 60, cancels: 10);
    }

    /// <summary>Ends the receiver.</summary>
    public void Kill()
    {
        var send = new SignalSend { Signal = (int)Signal.SIGKILL };
        Start(_receiver, new Call { Signal = new SignalCall { Send = send } });
    }

    protected override bool MayCall => Driver.Running.Count < 4;

    protected override void Lose(EngineCall call)
    {
        if (call.Body.Signal.Send.Value is not 0 and var value) _history.MayHaveSent(value);
    }

    protected override void Do(Random random)
    {
        var send = new SignalSend
        {
            Signal = (int)Signal.SIGRTMIN + random.Next(3), Code = -1, Value = (_number << 32) + ++_last,
        };
        Start(_receiver, new Call { Signal = new SignalCall { Send = send } });
    }

    protected override void Completed(EngineCall call, Result result)
    {
        var errno = (Errno)result.Errno;
        if (errno is not (Errno.None or Errno.EINTR or Errno.ENOBUFS or Errno.ESRCH))
            throw new SimulationException($"{call.Body} failed with {errno}");
        if (errno == Errno.None && call.Body.Signal.Send.Value is not 0 and var value) _history.Sent(value);
    }
}
