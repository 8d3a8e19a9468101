using Cluster.Core.Machines;
using Cluster.Core.Memory;
using Cluster.Protocol;

namespace Cluster.Core.Objects.Sockets;

/// <summary>One end of a connection.</summary>
internal sealed class SocketEnd
{
    /// <summary>What the end can receive.</summary>
    public SocketBuffer Buffer { get; } = new();

    /// <summary>Its callers of recv(2) that wait, in their order.</summary>
    public TicketTree Receivers { get; } = new();

    /// <summary>Its callers of send(2) that wait, in their order.</summary>
    public TicketTree Senders { get; } = new();

    /// <summary>The description that leads here; 0: none has yet.</summary>
    public long Description { get; set; }

    /// <summary>Whether somebody has the end open, or is about to get it.</summary>
    public bool IsOpen { get; set; }

    /// <summary>sk_shutdown of the kernel: RCV_SHUTDOWN, SEND_SHUTDOWN.</summary>
    public int Shut { get; set; }

    /// <summary>sk_err of the kernel: the next receive fails with ECONNRESET.</summary>
    public bool IsReset { get; set; }

    /// <summary>SO_PEERCRED: who has the other end.</summary>
    public SocketPeer Peer { get; set; } = new();

    /// <summary>Whether a receive would return the end of the bytes, if there are none.</summary>
    public bool IsReceiveShut => (Shut & SocketFlags.RCV_SHUTDOWN) != 0;

    /// <summary>Whether a send fails with EPIPE.</summary>
    public bool IsSendShut => (Shut & SocketFlags.SEND_SHUTDOWN) != 0;

    /// <summary>Whether a receive need not wait.</summary>
    /// <param name="size">Bytes that the caller has room for.</param>
    /// <param name="flags">Those of the call.</param>
    public bool IsReceivable(long size, int flags)
    {
        if (IsReset || IsReceiveShut) return true;
        if (Buffer.HasPackets || (flags & SocketFlags.MSG_WAITALL) == 0) return !Buffer.IsEmpty;
        // MSG_WAITALL: what the buffer cannot hold at once comes with the next call.
        return !Buffer.IsEmpty && Buffer.Bytes >= Math.Min(size, Bounds.SocketBytes);
    }

    /// <summary>
    /// Whether a receive fails with ECONNRESET: for packets before those that are there, for bytes behind them.
    /// </summary>
    public bool TellsReset => IsReset && (Buffer.HasPackets || Buffer.IsEmpty);

    public StoredSocketEnd ToState()
    {
        var stored = new StoredSocketEnd
        {
            Open = IsOpen, Shut = Shut, Reset = IsReset, Peer = Peer, Written = Buffer.Written, Description = Description,
        };
        stored.Content.AddRange(Buffer.Content.Select(slot => slot.ToState()));
        return stored;
    }

    public void Load(StoredSocketEnd stored)
    {
        Clear();
        (IsOpen, Shut, IsReset, Peer) = (stored.Open, stored.Shut, stored.Reset, stored.Peer);
        (Description, Buffer.Written) = (stored.Description, stored.Written);
        foreach (var slot in stored.Content) Buffer.Load(PipeSlot.FromState(slot));
    }

    public void Clear()
    {
        Buffer.Clear();
        Receivers.Clear();
        Senders.Clear();
    }
}
