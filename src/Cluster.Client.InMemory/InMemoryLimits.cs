using System.Security.Cryptography;
using Cluster.Core.Sessions;
using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>Drives the keeper of the limits that the sessions of a kernel use.</summary>
internal sealed class InMemoryLimits : IPeer, IWakeable, ILimitsOutputs<InMemorySession>
{
    private readonly InMemoryKernel _kernel;
    private readonly LimitsKeeper<InMemorySession> _keeper;

    public InMemoryLimits(InMemoryKernel kernel, NodeLimits limits)
    {
        _kernel = kernel;
        var holder = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))) | 1;
        _keeper = new LimitsKeeper<InMemorySession>(holder, limits);
    }

    public long WakeAtMs { get; private set; } = long.MaxValue;

    public void Ask(Request request, InMemorySession session, long nowMs)
    {
        _keeper.Ask(request, session, nowMs);
        Drain();
    }

    public void Hear(Results results, long nowMs) => throw new InvalidOperationException("a keeper makes no calls");

    public void Hear(Reply reply, long nowMs)
    {
        _keeper.Reply(reply, nowMs);
        Drain();
    }

    public void Wake(long nowMs)
    {
        WakeAtMs = long.MaxValue;
        _keeper.Tick(nowMs);
        Drain();
    }

    private void Drain()
    {
        _keeper.Drain(this);
        if (_keeper.NextTickMs >= WakeAtMs) return;
        WakeAtMs = _keeper.NextTickMs;
        _kernel.WakeAt(this);
    }

    void ILimitsOutputs<InMemorySession>.Send(Request request) => _kernel.Send(request, this);

    void ILimitsOutputs<InMemorySession>.Answer(InMemorySession session, Reply reply) =>
        _kernel.Post(nowMs => session.Hear(reply, nowMs));
}
