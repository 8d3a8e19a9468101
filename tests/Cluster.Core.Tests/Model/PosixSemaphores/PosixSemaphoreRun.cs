using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Model.PosixSemaphores;

/// <summary>A random run of a POSIX semaphore.</summary>
public sealed class PosixSemaphoreRun : ObjectRun
{
    private readonly CallGenerator _calls;
    private readonly ExecutorOptions? _options;
    private PosixSemaphoreModel _model = null!;

    public PosixSemaphoreRun(int seed, ExecutorOptions? options = null)
        : base(seed)
    {
        _calls = new CallGenerator(Random);
        _options = options;
        Renew();
    }

    protected override Limits Limits => new();

    protected override Credentials NewCredentials() => _calls.Credentials();

    protected override void Operate(Client client)
    {
        if (_model.IsGone) Remove();
        if (!_model.IsUnlinked && _model.HeldBy(client.Pid).Count == 0 && Random.Next(4) != 0)
        {
            Start(client, Open());
            return;
        }

        switch (Random.Next(1_000))
        {
            case < 300: Start(client, Timed(Wait(client))); break;
            case < 600: Start(client, Post(client)); break;
            case < 640: Start(client, Value(client)); break;
            case < 680: Start(client, Open()); break;
            case < 720: Start(client, Close(client)); break;
            case < 800: Advance(); break;
            case < 840: Cancel(client); break;
            case < 880: Disconnect(client); break;
            case < 930: Reconnect(client); break;
            case < 970: Resend(client); break;
            case < 985: Exit(client); break;
            case < 992: Crash(); break;
            case < 996: Unlink(); break;
            default: Remove(); break;
        }
    }

    protected override (ObjectHost Host, IObjectModel Model, string Name) Create()
    {
        var permissions = new Permissions { Uid = 1000, Gid = 100, Cuid = 1000, Cgid = 100, Mode = 0x1B4 };
        var value = Random.Next(6) == 0 ? Bounds.PosixSemaphoreValue : Random.Next(3);
        var entry = new DirectoryEntry { Permissions = permissions, InitialSize = (ulong)value, TimeMs = NowMs };
        _model = new PosixSemaphoreModel(permissions, value);
        return (new PosixSemaphoreHost(entry, NowMs, _options), _model, $"a new semaphore of {value}");
    }

    protected override void CompareState()
    {
        if (Random.Next(16) != 0 || IsRemoved) return;
        Start(
            new Client(-1, new Credentials()),
            new Call { Description = new DescriptionCall { Stat = new DescriptionStat() } });
        Compare();
    }

    private void Unlink()
    {
        ((PosixSemaphoreHost)Host).Unlink(NowMs);
        _model.Unlink();
    }

    private long Number(Client client)
    {
        var own = _model.HeldBy(client.Pid);
        return own.Count > 0 && Random.Next(12) != 0 ? own[Random.Next(own.Count)] : Random.Next(12);
    }

    private Call Wait(Client client)
    {
        var wait = new PosixSemaphoreWait { Description = Number(client), Undo = Random.Next(2) == 0 };
        return new Call { PosixSemaphore = new PosixSemaphoreCall { Wait = wait } };
    }

    private Call Post(Client client)
    {
        var post = new PosixSemaphorePost { Description = Number(client), Undo = Random.Next(3) == 0 };
        return new Call { PosixSemaphore = new PosixSemaphoreCall { Post = post } };
    }

    private Call Value(Client client) => new()
    {
        PosixSemaphore = new PosixSemaphoreCall
        {
            Getvalue = new PosixSemaphoreGetvalue { Description = Number(client) },
        },
    };

    private static Call Open() => new()
    {
        Description = new DescriptionCall { Open = new DescriptionOpen { Flags = FileFlags.O_RDWR } },
    };

    private Call Close(Client client) => new()
    {
        Description = new DescriptionCall { Close = new DescriptionClose { Number = Number(client) } },
    };

    private Call Timed(Call call)
    {
        long[] timeouts = [0, 1, 2_000, 7_000, 7_000, -1];
        if (Random.Next(3) == 0) call.TimeoutMs = timeouts[Random.Next(timeouts.Length)];
        return call;
    }
}
