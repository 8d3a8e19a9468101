using Cluster.Core.Tests.Model.MessageQueues;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Tests.Objects.MessageQueues;

/// <summary>A receiver that gives a message back without ending its process.</summary>
public sealed class ReturnTests
{
    private readonly QueueHost _host = new(
        new DirectoryEntry { Permissions = new Permissions { Mode = 0x1B6 }, InitialSize = 10_000 }, 0);

    [Fact]
    public void A_returned_message_has_its_old_place()
    {
        Send(1, "a");
        Send(2, "b");
        Assert.Equal("type=1 \"a\"", Receive(9, 1));
        Assert.Equal("ok", Return(9, 2, receive: 1));
        Assert.Equal("type=1 \"a\"", Receive(8, 1));
        Assert.Equal("type=1 \"b\"", Receive(8, 2));
    }

    [Fact]
    public void A_returned_message_goes_to_a_blocked_receiver_at_once()
    {
        Send(1, "a");
        Receive(9, 1);
        Submit(8, new Call { Seq = 1, Msgrcv = new MsgRcv { Size = 100 } });
        Assert.Empty(_host.Take());
        Submit(9, new Call { Seq = 2, Msgreturn = new MsgReturn { Seq = 1 } });
        Assert.Equal([(9, 2ul, "ok"), (8, 1ul, "type=1 \"a\"")], _host.Take());
    }

    [Fact]
    public void A_message_is_returned_once_despite_a_repeated_call_and_an_exit()
    {
        Send(1, "a");
        Receive(9, 1);
        Return(9, 2, receive: 1);
        Return(9, 2, receive: 1);
        Assert.Equal("ENOENT", Return(9, 3, receive: 1));
        _host.Crash(0);
        _host.Exit(9, ack: 0, 0);
        _host.Take();
        Assert.Equal("type=1 \"a\"", Receive(8, 1));
        Assert.Equal("ENOMSG", Receive(8, 2));
    }

    [Fact]
    public void A_process_returns_only_messages_that_it_received()
    {
        Send(1, "a");
        Receive(9, 1);
        Assert.Equal("ENOENT", Return(8, 1, receive: 1));
        Assert.Equal("ENOENT", Return(9, 2, receive: 5));
    }

    [Fact]
    public void An_acknowledged_message_cannot_be_returned()
    {
        Send(1, "a");
        Receive(9, 1);
        Submit(9, new Call { Seq = 2, Msgreturn = new MsgReturn { Seq = 1 } }, ack: 2);
        Assert.Equal([(9, 2ul, "ENOENT")], _host.Take());
    }

    private void Send(ulong seq, string text)
    {
        var send = new MsgSnd { Type = 1, Text = ByteString.CopyFromUtf8(text) };
        Submit(2, new Call { Seq = seq, Msgsnd = send });
        Assert.Single(_host.Take());
    }

    private string Receive(int pid, ulong seq)
    {
        var receive = new MsgRcv { Size = 100, Flags = IpcFlags.IPC_NOWAIT };
        Submit(pid, new Call { Seq = seq, Msgrcv = receive });
        return Assert.Single(_host.Take()).Outcome;
    }

    private string Return(int pid, ulong seq, ulong receive)
    {
        Submit(pid, new Call { Seq = seq, Msgreturn = new MsgReturn { Seq = receive } });
        return Assert.Single(_host.Take()).Outcome;
    }

    private void Submit(int pid, Call call, ulong ack = 0)
    {
        var stamp = new Stamp
        {
            Pid = pid, Credentials = new Credentials(), Limits = new Limits { Msgmax = 100, Msgmnb = 10_000 },
        };
        _host.Machine.Submit(new Submit { Stamp = stamp, Ack = ack, Calls = { call } }, 0);
        _host.Machine.CheckInvariants();
    }
}
