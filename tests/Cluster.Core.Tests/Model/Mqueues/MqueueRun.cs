using Cluster.Core.Machines;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Tests.Model.Mqueues;

/// <summary>A random run of a POSIX message queue, its descriptions included.</summary>
public sealed class MqueueRun : ObjectRun
{
    private static readonly string[] Bodies = ["", "a", "bb", "ccc", "dddd", "eeeee"];
    private static readonly uint[] Priorities = [0, 0, 1, 2, 31, 64, 32_767, 32_768];

    private readonly CallGenerator _calls;
    private readonly ExecutorOptions? _options;
    private MqueueModel _model = null!;
    private bool _wasAlive;

    public MqueueRun(int seed, ExecutorOptions? options = null)
        : base(seed)
    {
        _calls = new CallGenerator(Random);
        _options = options;
        Renew();
    }

    protected override Limits Limits => new();

    private MqueueHost Queue => (MqueueHost)Host;

    protected override Credentials NewCredentials() => _calls.Credentials();

    protected override void Operate(Client client)
    {
        if (_wasAlive && _model.IsGone && !IsRemoved) Seen["unlinked and ended"] = 1;
        _wasAlive = !_model.IsGone;
        if (_model.IsGone) Remove();
        if (_model.IsUnlinked && !_model.IsGone && Random.Next(4) == 0 && _model.HeldBy(client.Pid).Count > 0)
        {
            Start(client, Close(client)); // few calls fail for the lack of a name
            return;
        }

        if (!_model.IsUnlinked && _model.HeldBy(client.Pid).Count == 0 && Random.Next(4) != 0)
        {
            Start(client, Open(client)); // few calls fail for the lack of a description
            return;
        }

        switch (Random.Next(1_000))
        {
            case < 240: Start(client, Timed(Of(client, Send()))); break;
            case < 480: Start(client, Timed(Of(client, Receive()))); break;
            case < 560: Start(client, Open(client)); break;
            case < 610: Start(client, Close(client)); break;
            case < 630: Start(client, Flags(client)); break;
            case < 650: Start(client, Share(client)); break;
            case < 690: Start(client, Timed(Poll(client))); break;
            case < 720: Start(client, Of(client, Notify())); break;
            case < 750: Start(client, Timed(Of(client, Await()))); break;
            case < 760: Start(client, Of(client, Return(client))); break;
            case < 770: Start(client, Of(client, new MqueueCall { Getattr = new MqueueGetattr() })); break;
            case < 850: Advance(); break;
            case < 880: Cancel(client); break;
            case < 910: Disconnect(client); break;
            case < 950: Reconnect(client); break;
            case < 975: Resend(client); break;
            case < 985: Exit(client); break;
            case < 990: Crash(); break;
            case < 993: Unlink(); break;
            case < 994: Remove(); break;
            default: Start(client, Of(client, Send())); break;
        }
    }

    protected override (ObjectHost Host, IObjectModel Model, string Name) Create()
    {
        var permissions = new Permissions { Uid = 1000, Gid = 100, Cuid = 1000, Cgid = 100, Mode = 0x1B4 };
        var entry = new DirectoryEntry
        {
            Permissions = permissions, Mqueue = new MqueueSize { Maxmsg = 3, Msgsize = 4 }, TimeMs = NowMs,
        };
        _model = new MqueueModel(permissions, 3, 4);
        return (new MqueueHost(entry, NowMs, _options), _model, "a new queue");
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
        Queue.Unlink(NowMs);
        _model.Unlink();
    }

    // Mostly a description that the caller has.
    private long Number(Client client)
    {
        var own = _model.HeldBy(client.Pid);
        return own.Count > 0 && Random.Next(12) != 0 ? Pick([.. own]) : Random.Next(12);
    }

    private Call Of(Client client, MqueueCall call)
    {
        var number = Number(client);
        switch (call.OpCase)
        {
            case MqueueCall.OpOneofCase.Send: call.Send.Description = number; break;
            case MqueueCall.OpOneofCase.Receive: call.Receive.Description = number; break;
            case MqueueCall.OpOneofCase.Notify: call.Notify.Description = number; break;
            case MqueueCall.OpOneofCase.Getattr: call.Getattr.Description = number; break;
        }

        return new Call { Mqueue = call };
    }

    private MqueueCall Send() => new()
    {
        Send = new MqueueSend { Priority = Pick(Priorities), Text = ByteString.CopyFromUtf8(Pick(Bodies)) },
    };

    private MqueueCall Receive() => new() { Receive = new MqueueReceive { Size = Random.Next(20) == 0 ? 3 : 4 } };

    private MqueueCall Notify() => new()
    {
        Notify = new MqueueNotify
        {
            Remove = Random.Next(4) == 0, Method = Random.Next(-1, 4), Signal = Random.Next(-1, 67),
            Value = Random.Next(),
            Registration = Random.Next(2) == 0 ? 0 : (ulong)_model.LastRegistration,
        },
    };

    private MqueueCall Await() => new()
    {
        Await = new MqueueAwait { Registration = (ulong)Math.Max(0, _model.LastRegistration - Random.Next(2)) },
    };

    private MqueueCall Return(Client client) => new()
    {
        Return = new MqueueReturn { Seq = client.NextSeq - (ulong)Random.Next(1, 4) },
    };

    private Call Open(Client client)
    {
        _ = client;
        var flags = Pick([0, 1, 2, 2, 2, 2, 2, 3]);
        if (Random.Next(3) == 0) flags |= FileFlags.O_NONBLOCK;
        if (Random.Next(20) == 0) flags |= 0x40;
        return new Call { Description = new DescriptionCall { Open = new DescriptionOpen { Flags = flags } } };
    }

    private Call Close(Client client) => new()
    {
        Description = new DescriptionCall { Close = new DescriptionClose { Number = Number(client) } },
    };

    private Call Flags(Client client) => new()
    {
        Description = new DescriptionCall
        {
            SetFlags = new DescriptionSetFlags { Number = Number(client), Flags = Pick([0, 0x800, 0x800, 1]) },
        },
    };

    private Call Share(Client client) => new()
    {
        Description = new DescriptionCall
        {
            Share = new DescriptionShare
            {
                Number = Number(client),
                Pid = Random.Next(3) == 0 ? MqueueHost.FirstGhost + Random.Next(5) : Pick([.. Pids, 0]),
            },
        },
    };

    private Call Poll(Client client) => new()
    {
        Description = new DescriptionCall
        {
            Poll = new DescriptionPoll { Number = Number(client), Events = Pick([1, 4, 5, 0]) },
        },
    };

    private Call Timed(Call call)
    {
        if (Random.Next(3) == 0) call.TimeoutMs = Pick([0L, 1, 2_000, 7_000, 7_000, -1]);
        if (call.TimeoutMs < 0 && call.Mqueue is not { Send: not null } and not { Receive: not null }) call.TimeoutMs = 0;
        return call;
    }

    private T Pick<T>(T[] of) => of[Random.Next(of.Length)];
}
