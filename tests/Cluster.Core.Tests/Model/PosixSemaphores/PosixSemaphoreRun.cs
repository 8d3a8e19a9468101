using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Model.PosixSemaphores;

/// <summary>A random run of a POSIX semaphore.</summary>
public sealed class PosixSemaphoreRun(int seed, ExecutorOptions? options = null) : NamedObjectRun(seed, options)
{
    private PosixSemaphoreModel _model = null!;

    protected override void Operate(Client client)
    {
        if (_model.IsGone) Remove();
        if (HasToOpen(client))
        {
            Start(client, Open(FileFlags.O_RDWR));
            return;
        }

        switch (Random.Next(1_000))
        {
            case < 300: Start(client, Timed(Wait(client))); break;
            case < 600: Start(client, Post(client)); break;
            case < 640: Start(client, Value(client)); break;
            case < 680: Start(client, Open(FileFlags.O_RDWR)); break;
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

    protected override (NamedObjectHost Host, INamedObjectModel Model, string Name) Create(
        DirectoryEntry entry, ExecutorOptions? options)
    {
        var value = Random.Next(6) == 0 ? Bounds.PosixSemaphoreValue : Random.Next(3);
        entry.InitialSize = (ulong)value;
        _model = new PosixSemaphoreModel(entry.Permissions, value);
        return (new PosixSemaphoreHost(entry, NowMs, options), _model, $"a new semaphore of {value}");
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
}
