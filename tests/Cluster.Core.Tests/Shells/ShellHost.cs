using Cluster.Core.Machines;
using Cluster.Core.Shells;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Shells;

/// <summary>Drives a shell and stores its output. Peers are names. A write completes when the test says so.</summary>
internal sealed class ShellHost : IShellOutputs<string>
{
    public ShellHost(Machine machine, bool hasPast = false, ShellOptions? options = null)
    {
        Shell = new EntityShell<string>(machine, options ?? new ShellOptions { Owner = "here" });
        Do(shell => shell.Recovered(hasPast, NowMs));
    }

    public EntityShell<string> Shell { get; }

    public long NowMs { get; set; } = 1_000_000;

    public bool HasQuorum { get; set; } = true;

    /// <summary>The messages and their receivers since the last <see cref="Heard"/>.</summary>
    public List<(string To, object Message)> Said { get; } = [];

    public List<string> Watched { get; } = [];

    public int Writes { get; private set; }

    public int Deletions { get; private set; }

    public int Passivations { get; private set; }

    public bool HasStopped { get; private set; }

    public bool AwaitsQuorum { get; private set; }

    /// <summary>The delay of the last wake-up that it has asked for, in ms.</summary>
    public long? WakeAfterMs { get; private set; }

    public void Do(Action<EntityShell<string>> input)
    {
        input(Shell);
        Shell.Drain(this, HasQuorum);
    }

    public void Ask(Request request, string asker) => Do(shell => shell.Ask(request, asker, NowMs));

    public void Pass(long ms)
    {
        NowMs += ms;
        Do(shell => shell.Tick(NowMs));
    }

    public void End() => Shell.End(this);

    /// <summary>The messages to one receiver since the last call.</summary>
    public IReadOnlyList<object> Heard(string name)
    {
        var heard = Said.Where(each => each.To == name).Select(each => each.Message).ToArray();
        Said.RemoveAll(each => each.To == name);
        return heard;
    }

    void IShellOutputs<string>.Write(JournalWrite write) => Writes++;

    void IShellOutputs<string>.DeleteJournal() => Deletions++;

    void IShellOutputs<string>.Send(string session, Results results) => Said.Add((session, results));

    void IShellOutputs<string>.Send(string asker, Reply reply) => Said.Add((asker, reply));

    void IShellOutputs<string>.Send(Request request) => Said.Add(("cluster", request));

    void IShellOutputs<string>.Watch(string peer) => Watched.Add(peer);

    void IShellOutputs<string>.Unwatch(string peer) => Watched.Remove(peer);

    void IShellOutputs<string>.WakeAfter(long delayMs) => WakeAfterMs = delayMs;

    void IShellOutputs<string>.AwaitQuorum() => AwaitsQuorum = true;

    void IShellOutputs<string>.Passivate() => Passivations++;

    void IShellOutputs<string>.Stopped() => HasStopped = true;
}
