using Cluster.Core.Machines;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Tests.Model.Fifos;

/// <summary>A random run of a FIFO.</summary>
public sealed class FifoRun : ObjectRun
{
    private readonly CallGenerator _calls;
    private readonly ExecutorOptions? _options;
    private FifoModel _model = null!;

    public FifoRun(int seed, ExecutorOptions? options = null)
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
            Start(client, Timed(Open()));
            return;
        }

        switch (Random.Next(1_000))
        {
            case < 260: Start(client, Timed(Write(client))); break;
            case < 560: Start(client, Timed(Read(client))); break;
            case < 580: Start(client, Of(new FifoCall { Stat = new FifoStat { Description = Number(client) } })); break;
            case < 600: Start(client, Resize(client)); break;
            case < 640: Start(client, Timed(Poll(client))); break;
            case < 670: Start(client, Timed(Open())); break;
            case < 690: Start(client, SetFlags(client)); break;
            case < 740: Start(client, Close(client)); break;
            case < 800: Advance(); break;
            case < 840: Cancel(client); break;
            case < 880: Disconnect(client); break;
            case < 930: Reconnect(client); break;
            case < 965: Resend(client); break;
            case < 983: Exit(client); break;
            case < 992: Crash(); break;
            case < 996: Unlink(); break;
            default: Remove(); break;
        }
    }

    protected override (ObjectHost Host, IObjectModel Model, string Name) Create()
    {
        var permissions = new Permissions { Uid = 1000, Gid = 100, Cuid = 1000, Cgid = 100, Mode = 0x1B4 };
        var entry = new DirectoryEntry { Permissions = permissions, TimeMs = NowMs };
        _model = new FifoModel(permissions);
        return (new FifoHost(entry, NowMs, _options), _model, "a new FIFO");
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
        ((FifoHost)Host).Unlink(NowMs);
        _model.Unlink();
    }

    private long Number(Client client)
    {
        var own = _model.HeldBy(client.Pid);
        return own.Count > 0 && Random.Next(20) != 0 ? own[Random.Next(own.Count)] : Random.Next(12);
    }

    private Call Write(Client client)
    {
        int[] sizes = [0, 1, 10, 100, 1_000, 4_095, 4_096, 4_097, 8_192, 10_000, 65_536, 70_000, 150_000];
        var data = new byte[sizes[Random.Next(sizes.Length)]];
        Random.NextBytes(data);
        return Of(new FifoCall
        {
            Write = new FifoWrite { Description = Number(client), Data = ByteString.CopyFrom(data) },
        });
    }

    private Call Read(Client client)
    {
        long[] sizes = [-1, 0, 1, 10, 1_000, 4_096, 5_000, 65_536, 1 << 20];
        return Of(new FifoCall
        {
            Read = new FifoRead { Description = Number(client), Size = sizes[Random.Next(sizes.Length)] },
        });
    }

    private Call Resize(Client client)
    {
        long[] sizes = [-1, 0, 1, 4_096, 5_000, 32_768, 65_536, 200_000, 1 << 20, (1 << 20) + 1, 1L << 40];
        return Of(new FifoCall
        {
            Resize = new FifoResize { Description = Number(client), Bytes = sizes[Random.Next(sizes.Length)] },
        });
    }

    private Call Poll(Client client) => new()
    {
        Description = new DescriptionCall
        {
            Poll = new DescriptionPoll { Number = Number(client), Events = Random.Next(2) == 0 ? 1 : 5 },
        },
    };

    private Call Open()
    {
        int[] access = [0, 0, 0, 1, 1, 1, 2, 3];
        var flags = access[Random.Next(Random.Next(8) == 0 ? 8 : 6)] | (Random.Next(3) == 0 ? FileFlags.O_NONBLOCK : 0)
            | (Random.Next(30) == 0 ? FileFlags.O_DIRECT : 0);
        return new Call { Description = new DescriptionCall { Open = new DescriptionOpen { Flags = flags } } };
    }

    private Call SetFlags(Client client)
    {
        int[] flags = [0, 0, FileFlags.O_NONBLOCK, FileFlags.O_DIRECT, FileFlags.O_DIRECT | FileFlags.O_NONBLOCK, 1];
        var set = new DescriptionSetFlags { Number = Number(client), Flags = flags[Random.Next(flags.Length)] };
        return new Call { Description = new DescriptionCall { SetFlags = set } };
    }

    private Call Close(Client client) => new()
    {
        Description = new DescriptionCall { Close = new DescriptionClose { Number = Number(client) } },
    };

    private static Call Of(FifoCall call) => new() { Fifo = call };

    private Call Timed(Call call)
    {
        long[] timeouts = [0, 1, 2_000, 7_000, 7_000, -1];
        if (Random.Next(4) == 0) call.TimeoutMs = timeouts[Random.Next(timeouts.Length)];
        return call;
    }
}
