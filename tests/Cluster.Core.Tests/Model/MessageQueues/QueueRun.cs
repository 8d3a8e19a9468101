using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Model.MessageQueues;

/// <summary>A random run of a message queue.</summary>
public sealed class QueueRun : ObjectRun
{
    private readonly CallGenerator _calls;
    private readonly ExecutorOptions? _options;

    public QueueRun(int seed, ExecutorOptions? options = null)
        : base(seed)
    {
        _calls = new CallGenerator(Random);
        _options = options;
        Renew();
    }

    protected override Limits Limits => CallGenerator.Limits;

    protected override Credentials NewCredentials() => _calls.Credentials();

    protected override void Operate(Client client)
    {
        switch (Random.Next(1_000))
        {
            case < 330: Start(client, _calls.Send()); break;
            case < 660: Start(client, _calls.Receive()); break;
            case < 690: Start(client, _calls.Copy()); break;
            case < 710: Start(client, _calls.Stat()); break;
            case < 740: Start(client, _calls.Set()); break;
            case < 830: Advance(); break;
            case < 870: Cancel(client); break;
            case < 900: Disconnect(client); break;
            case < 950: Reconnect(client); break;
            case < 980: Resend(client); break;
            case < 990: Exit(client); break;
            case < 995: Crash(); break;
            default: Remove(); break;
        }
    }

    protected override void Resend(Client client)
    {
        if (client.LastSent is { } sent && Random.Next(3) == 0) Submit(client, sent, ack: 0); // late, out of order
        else base.Resend(client);
    }

    protected override (ObjectHost Host, IObjectModel Model, string Name) Create()
    {
        var permissions = new Permissions { Uid = 1000, Gid = 100, Cuid = 1000, Cgid = 100, Mode = 0x1B6 };
        var entry = new DirectoryEntry { Permissions = permissions, InitialSize = 10, TimeMs = NowMs };
        return (new QueueHost(entry, NowMs, _options), new QueueModel(permissions, 10, NowMs), "a new queue");
    }

    protected override string SortOf(string outcome) =>
        outcome.StartsWith("type=", StringComparison.Ordinal) ? "message" : outcome.Split('=')[0];

    protected override void CompareState()
    {
        if (Random.Next(16) != 0 || IsRemoved) return;
        Start(new Client(-1, new Credentials()), new Call { Msgstat = new MsgStat() });
        Compare();
    }
}
