using Cluster.Core.Tests.Model.MessageQueues;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Tests.Objects.MessageQueues;

/// <summary>A queue through which many messages pass, some of them after a restart.</summary>
public sealed class LongQueueTests
{
    private const int Messages = 5_000;
    private const int Waiting = 150;

    private readonly QueueHost _host = new(
        new DirectoryEntry { Permissions = new Permissions { Mode = 0x1B6 }, InitialSize = 10_000 }, 0);

    [Fact]
    public void Each_message_is_received_once_and_in_order()
    {
        for (var i = 0; i < Messages; i++)
        {
            Send(i);
            if (i >= Waiting) Assert.Equal(Expected(i - Waiting), Receive(i - Waiting));
            if (i % 1_000 == 999) _host.Crash(0);
        }

        for (var i = Messages - Waiting; i < Messages; i++) Assert.Equal(Expected(i), Receive(i));
        Assert.Equal("ENOMSG", Receive(Messages));
    }

    private static string Expected(int i) => $"type=1 \"{i}\"";

    private void Send(int i)
    {
        var send = new MsgSnd { Type = 1, Text = ByteString.CopyFromUtf8($"{i}") };
        Assert.Equal("ok", Call(2, i, new Call { Msgsnd = send }));
    }

    private string Receive(int i) =>
        Call(9, i, new Call { Msgrcv = new MsgRcv { Size = 100, Flags = IpcFlags.IPC_NOWAIT } });

    // Each call acknowledges the one before it, as that of a client does.
    private string Call(int pid, int i, Call call)
    {
        call.Seq = (ulong)i + 1;
        var stamp = new Stamp
        {
            Pid = pid, Credentials = new Credentials(), Limits = new Limits { Msgmax = 100, Msgmnb = 10_000 },
        };
        _host.Machine.Submit(new Submit { Stamp = stamp, Ack = (ulong)i + 1, Calls = { call } }, 0);
        return Assert.Single(_host.Take()).Outcome;
    }
}
