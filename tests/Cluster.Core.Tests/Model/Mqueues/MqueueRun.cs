using Cluster.Core.Machines;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Tests.Model.Mqueues;

/// <summary>A random run of a POSIX message queue, its descriptions included.</summary>
public sealed class MqueueRun(int seed, ExecutorOptions? options = null) : NamedObjectRun(seed, options)
{
    private static readonly string[] Bodies = ["", "a", "bb", "ccc", "dddd", "eeeee"];
    private static readonly uint[] Priorities = [0, 0, 1, 2, 31, 64, 32_767, 32_768];

    private MqueueModel _model = null!;
    private bool _wasAlive;

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

        if (HasToOpen(client))
        {
            Start(client, Open()); // few calls fail for the lack of a description
            return;
        }

        switch (Random.Next(1_000))
        {
            case < 240: Start(client, Timed(Of(client, Send()))); break;
            case < 480: Start(client, Timed(Of(client, Receive()))); break;
            case < 560: Start(client, Open()); break;
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

    protected override (NamedObjectHost Host, INamedObjectModel Model, string Name) Create(
        DirectoryEntry entry, ExecutorOptions? options)
    {
        entry.Mqueue = new MqueueSize { Maxmsg = 3, Msgsize = 4 };
        _model = new MqueueModel(entry.Permissions, 3, 4);
        return (new MqueueHost(entry, NowMs, options), _model, "a new queue");
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

    private Call Open()
    {
        var flags = Pick([0, 1, 2, 2, 2, 2, 2, 3]);
        if (Random.Next(3) == 0) flags |= FileFlags.O_NONBLOCK;
        if (Random.Next(20) == 0) flags |= 0x40;
        return Open(flags);
    }

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
        Timed(call, oneIn: 3);
        if (call.TimeoutMs < 0 && call.Mqueue is not { Send: not null } and not { Receive: not null }) call.TimeoutMs = 0;
        return call;
    }
}
