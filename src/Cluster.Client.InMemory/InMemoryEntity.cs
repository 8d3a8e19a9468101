using Cluster.Core.Machines;
using Cluster.Core.Shells;
using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>
/// Drives the shell of one entity. Memory is the journal: a write is done at once, and its rows are not kept, because
/// the entity never leaves memory before its end.
/// </summary>
internal sealed class InMemoryEntity : IPeer, IWakeable, IShellOutputs<IPeer>
{
    private readonly InMemoryKernel _kernel;
    private readonly EntityShell<IPeer> _shell;
    private bool _hasStopped;

    /// <param name="kernel">Where it lives.</param>
    /// <param name="machine">Its machine, without state.</param>
    /// <param name="hasPast">Whether an entity of this name has ended before.</param>
    /// <param name="nowMs">The time on the kernel's clock, in ms.</param>
    public InMemoryEntity(InMemoryKernel kernel, Machine machine, bool hasPast, long nowMs)
    {
        _kernel = kernel;
        _shell = new EntityShell<IPeer>(machine, InMemoryKernel.ShellOptions);
        _shell.Recovered(hasPast, At(nowMs));
        Drain();
    }

    public EntityKey Key => _shell.Machine.Key;

    public long WakeAtMs { get; private set; } = long.MaxValue;

    public void Take(Submit submit, IPeer from, long nowMs)
    {
        _shell.Submit(submit, from, At(nowMs));
        Drain();
    }

    public void Take(Request request, IPeer from, long nowMs)
    {
        _shell.Ask(request, from, At(nowMs));
        Drain();
    }

    public void Hear(Reply reply, long nowMs)
    {
        _shell.Reply(reply, At(nowMs));
        Drain();
    }

    public void Hear(Results results, long nowMs) => throw new InvalidOperationException("an entity makes no calls");

    public void HearGone(IPeer peer, long nowMs)
    {
        _shell.Gone(peer, At(nowMs));
        Drain();
    }

    public void Wake(long nowMs)
    {
        WakeAtMs = long.MaxValue;
        _shell.Tick(At(nowMs));
        Drain();
    }

    private void Written(long nowMs)
    {
        _shell.Written(At(nowMs));
        Drain();
    }

    private void JournalDeleted(long nowMs)
    {
        _shell.JournalDeleted(isDone: true, At(nowMs));
        Drain();
    }

    private void Stop(long nowMs)
    {
        _shell.Stop(At(nowMs));
        Drain();
    }

    private Instant At(long nowMs) => new(nowMs, _kernel.WallMs);

    private void Drain()
    {
        if (_hasStopped) return;
        _shell.Drain(this, hasQuorum: true);
        if (!_hasStopped) return;
        WakeAtMs = long.MaxValue;
        _kernel.Remove(this);
        _shell.End(this);
    }

    void IShellOutputs<IPeer>.Write(JournalWrite write) => _kernel.Post(Written);

    void IShellOutputs<IPeer>.DeleteJournal() => _kernel.Post(JournalDeleted);

    void IShellOutputs<IPeer>.Send(IPeer session, Results results) =>
        _kernel.Post(nowMs => session.Hear(results, nowMs));

    void IShellOutputs<IPeer>.Send(IPeer asker, Reply reply) => _kernel.Post(nowMs => asker.Hear(reply, nowMs));

    void IShellOutputs<IPeer>.Send(Request request) => _kernel.Send(request, this);

    void IShellOutputs<IPeer>.Watch(IPeer peer) => (peer as InMemorySession)?.AddWatcher(this);

    void IShellOutputs<IPeer>.Unwatch(IPeer peer) => (peer as InMemorySession)?.RemoveWatcher(this);

    void IShellOutputs<IPeer>.WakeAfter(long delayMs)
    {
        WakeAtMs = _kernel.NowMs + delayMs;
        _kernel.WakeAt(this);
    }

    void IShellOutputs<IPeer>.AwaitQuorum() => throw new InvalidOperationException("there are no other nodes");

    void IShellOutputs<IPeer>.Passivate() => _kernel.Post(Stop);

    void IShellOutputs<IPeer>.Stopped() => _hasStopped = true;
}
