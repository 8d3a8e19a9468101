using Cluster.Client.Engine;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Simulation;

/// <content>The calls of a client on the message queue: it sends, receives, and waits for types.</content>
internal sealed partial class SimulatedClient
{
    private const long LastType = 99;

    private int _sent;
    private int? _queue;

    public bool HasQueue => _queue is not null;

    /// <summary>Waits for a message of a type that the programs do not send.</summary>
    public void WaitForLast() => Start(Queue, new Call { Msgrcv = new MsgRcv { Type = LastType, Size = 100 } }, -1);

    /// <summary>Sends that message.</summary>
    public void SendLast() => Start(
        Queue, new Call { Msgsnd = new MsgSnd { Type = LastType, Text = ByteString.CopyFromUtf8("last") } }, -1);

    /// <summary>Takes the next message that is there; ENOMSG when there is none.</summary>
    public void Drain() => Start(Queue, new Call { Msgrcv = new MsgRcv { Size = 1_000, Flags = IpcFlags.IPC_NOWAIT } });

    private static Target DirectoryTarget => new() { Kind = Kind.Directory, Id = (long)Kind.MessageQueue };

    private Target Queue => new() { Kind = Kind.MessageQueue, Id = _queue!.Value };

    private void ActOnQueue(Random random)
    {
        if (_queue is not null) Start(Queue, RandomCall(random));
    }

    private Call RandomCall(Random random)
    {
        var nowait = random.Next(4) == 0 ? IpcFlags.IPC_NOWAIT : 0;
        if (random.Next(2) == 0)
        {
            var text = $"{_number}:{_sent++}".PadRight(random.Next(3, 30));
            return new Call
            {
                Msgsnd = new MsgSnd { Type = random.Next(1, 4), Text = ByteString.CopyFromUtf8(text), Flags = nowait },
            };
        }

        var except = random.Next(5) == 0 ? IpcFlags.MSG_EXCEPT : 0;
        return new Call { Msgrcv = new MsgRcv { Type = random.Next(-3, 4), Size = 100, Flags = nowait | except } };
    }
}
