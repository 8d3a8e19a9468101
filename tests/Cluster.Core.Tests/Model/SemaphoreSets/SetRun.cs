using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Model.SemaphoreSets;

/// <summary>A random run of a semaphore set.</summary>
public sealed class SetRun : ObjectRun
{
    private readonly ExecutorOptions? _options;
    private SetCalls _calls = null!;

    public SetRun(int seed, ExecutorOptions? options = null)
        : base(seed)
    {
        _options = options;
        Renew();
    }

    protected override Limits Limits => SetCalls.Limits;

    protected override Credentials NewCredentials()
    {
        var uid = Random.Next(6) switch { 0 => 0u, 1 => 2000u, _ => 1000u };
        return new Credentials { Uid = uid, Gid = Random.Next(2) == 0 ? 100u : 300u };
    }

    protected override void Operate(Client client)
    {
        switch (Random.Next(1_000))
        {
            case < 720: Start(client, _calls.Next()); break;
            case < 800: Advance(); break;
            case < 850: Cancel(client); break;
            case < 890: Disconnect(client); break;
            case < 940: Reconnect(client); break;
            case < 965: Resend(client); break;
            case < 985: Exit(client); break;
            case < 994: Crash(); break;
            default: Remove(); break;
        }
    }

    protected override (ObjectHost Host, IObjectModel Model, string Name) Create()
    {
        var count = Random.Next(1, 5);
        var permissions = new Permissions { Uid = 1000, Gid = 100, Cuid = 1000, Cgid = 100, Mode = 0x1B6 };
        var entry = new DirectoryEntry { Permissions = permissions, InitialSize = (ulong)count, TimeMs = NowMs };
        _calls = new SetCalls(Random, count);
        return (new SetHost(entry, NowMs, _options), new SetModel(permissions, count, NowMs), $"a new set of {count}");
    }

    protected override void CompareMore(IObjectModel model) => Assert.Equal(
        ((SetModel)model).Waiting.Order(),
        Host.Machine.Waiters.All.Select(waiter => (waiter.Pid, waiter.Seq)).Order());

    protected override void CompareState()
    {
        if (IsRemoved) return;
        var root = new Client(-1, new Credentials());
        Start(root, new Call { Semquery = new SemQuery { Question = SemQuestion.All } });
        if (Random.Next(4) == 0) Start(root, new Call { Semstat = new SemStat() });
        Compare();
    }
}
