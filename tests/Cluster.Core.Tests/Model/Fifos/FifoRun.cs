using Cluster.Core.Machines;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Tests.Model.Fifos;

/// <summary>A random run of a FIFO.</summary>
public sealed class FifoRun(int seed, ExecutorOptions? options = null) : NamedObjectRun(seed, options)
{
    private FifoModel _model = null!;

    protected override int NumbersPerWrongOne => 20;

    protected override void Operate(Client client)
    {
        if (_model.IsGone) Remove();
        if (HasToOpen(client))
        {
            Start(client, Timed(Open(), oneIn: 4));
            return;
        }

        switch (Random.Next(1_000))
        {
            case < 260: Start(client, Timed(Write(client), oneIn: 4)); break;
            case < 560: Start(client, Timed(Read(client), oneIn: 4)); break;
            case < 580: Start(client, Of(new FifoCall { Stat = new FifoStat { Description = Number(client) } })); break;
            case < 600: Start(client, Resize(client)); break;
            case < 640: Start(client, Timed(Poll(client), oneIn: 4)); break;
            case < 670: Start(client, Timed(Open(), oneIn: 4)); break;
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

    protected override (NamedObjectHost Host, INamedObjectModel Model, string Name) Create(
        DirectoryEntry entry, ExecutorOptions? options)
    {
        _model = new FifoModel(entry.Permissions);
        return (new FifoHost(entry, NowMs, options), _model, "a new FIFO");
    }

    private Call Write(Client client)
    {
        int[] sizes = [0, 1, 10, 100, 1_000, 4_095, 4_096, 4_097, 8_192, 10_000, 65_536, 70_000, 150_000];
        var data = new byte[Pick(sizes)];
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
            Read = new FifoRead { Description = Number(client), Size = Pick(sizes) },
        });
    }

    private Call Resize(Client client)
    {
        long[] sizes = [-1, 0, 1, 4_096, 5_000, 32_768, 65_536, 200_000, 1 << 20, (1 << 20) + 1, 1L << 40];
        return Of(new FifoCall
        {
            Resize = new FifoResize { Description = Number(client), Bytes = Pick(sizes) },
        });
    }

    private Call Poll(Client client) => Of(new DescriptionCall
    {
        Poll = new DescriptionPoll { Number = Number(client), Events = Random.Next(2) == 0 ? 1 : 5 },
    });

    private Call Open()
    {
        int[] access = [0, 0, 0, 1, 1, 1, 2, 3];
        return Open(access[Random.Next(Random.Next(8) == 0 ? 8 : 6)] | (Random.Next(3) == 0 ? FileFlags.O_NONBLOCK : 0)
            | (Random.Next(30) == 0 ? FileFlags.O_DIRECT : 0));
    }

    private Call SetFlags(Client client)
    {
        int[] flags = [0, 0, FileFlags.O_NONBLOCK, FileFlags.O_DIRECT, FileFlags.O_DIRECT | FileFlags.O_NONBLOCK, 1];
        var set = new DescriptionSetFlags { Number = Number(client), Flags = Pick(flags) };
        return Of(new DescriptionCall { SetFlags = set });
    }

    private static Call Of(FifoCall call) => new() { Fifo = call };
}
