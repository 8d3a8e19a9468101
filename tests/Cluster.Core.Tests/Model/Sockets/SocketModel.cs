using Cluster.Protocol;

namespace Cluster.Core.Tests.Model.Sockets;

/// <summary>
/// Two connected sockets as unix(7) and net/unix/af_unix.c describe them, in lists and loops, with nothing taken from the real
/// ones. No call waits.
/// </summary>
public sealed class SocketModel(bool hasPackets)
{
    private const int Capacity = 212_992, Overhead = 576;

    private sealed class End
    {
        public readonly List<byte[]> Packets = [];
        public readonly List<byte> Bytes = [];
        public bool IsOpen = true, ReceivesNoMore, SendsNoMore, IsReset;
    }

    private readonly End[] _ends = [new(), new()];
    private readonly List<(ulong Seq, int End, byte[] Taken)> _unacknowledged = [];

    public bool IsOpen(int end) => _ends[end].IsOpen;

    public string Send(int end, byte[] data)
    {
        var (own, queue) = (_ends[end], _ends[1 - end]);
        if (!own.IsOpen) return "EBADF";
        if (hasPackets && data.Length > Capacity - 32) return "EMSGSIZE";
        if (own.SendsNoMore) return "EPIPE";
        var room = Capacity - Charge(queue);
        if (room <= 0 && (hasPackets || data.Length > 0)) return "EAGAIN";
        if (hasPackets)
        {
            queue.Packets.Add(data);
            return $"sent={data.Length}";
        }

        var sent = Math.Min(room, data.Length);
        queue.Bytes.AddRange(data[..sent]);
        return $"sent={sent}";
    }

    public string Receive(int end, ulong seq, int size, bool waitsForAll)
    {
        var own = _ends[end];
        if (!own.IsOpen) return "EBADF";
        var isEmpty = hasPackets ? own.Packets.Count == 0 : own.Bytes.Count == 0;
        if (own.IsReset && (hasPackets || isEmpty))
        {
            own.IsReset = false;
            return "ECONNRESET";
        }

        var isOver = own.ReceivesNoMore || own.IsReset;
        if (isEmpty) return isOver ? Print([], 0) : "EAGAIN";
        if (hasPackets)
        {
            var packet = own.Packets[0];
            own.Packets.RemoveAt(0);
            _unacknowledged.Add((seq, end, packet));
            return Print(packet[..Math.Min(size, packet.Length)], packet.Length);
        }

        if (waitsForAll && !isOver && own.Bytes.Count < Math.Min(size, Capacity)) return "EAGAIN";
        var taken = own.Bytes.Take(size).ToArray();
        own.Bytes.RemoveRange(0, taken.Length);
        if (taken.Length > 0) _unacknowledged.Add((seq, end, taken));
        return Print(taken, taken.Length);
    }

    public string Shut(int end, int how)
    {
        var (own, other) = (_ends[end], _ends[1 - end]);
        if (!own.IsOpen) return "EBADF";
        if (how != 1) own.ReceivesNoMore = other.SendsNoMore = true;
        if (how != 0) own.SendsNoMore = other.ReceivesNoMore = true;
        return "ok";
    }

    public string Close(int end)
    {
        var (own, other) = (_ends[end], _ends[1 - end]);
        if (!own.IsOpen) return "EBADF";
        own.IsOpen = false;
        other.ReceivesNoMore = other.SendsNoMore = true;
        if (own.Bytes.Count + own.Packets.Count > 0) other.IsReset = true;
        own.Bytes.Clear();
        own.Packets.Clear();
        return "ok";
    }

    public string Poll(int end)
    {
        var (own, other) = (_ends[end], _ends[1 - end]);
        if (!own.IsOpen) return "EBADF";
        var ready = 0;
        if (own.Bytes.Count + own.Packets.Count > 0 || own.ReceivesNoMore) ready |= 1;
        if (Charge(other) * 4 <= Capacity) ready |= 4;
        if (own.IsReset) ready |= 8;
        if (own is { ReceivesNoMore: true, SendsNoMore: true }) ready |= 16;
        return ready == 0 ? "ETIMEDOUT" : $"ready={ready}";
    }

    /// <summary>All results of one end below a number are acknowledged.</summary>
    public void Acknowledge(int end, ulong below) => _unacknowledged.RemoveAll(each => each.End == end && each.Seq < below);

    /// <summary>The process with an end exits.</summary>
    public void Exit(int end)
    {
        foreach (var (_, at, taken) in Enumerable.Reverse(_unacknowledged).Where(each => each.End == end && IsOpen(end)))
        {
            if (hasPackets) _ends[at].Packets.Insert(0, taken);
            else _ends[at].Bytes.InsertRange(0, taken);
        }

        Close(end);
    }

    /// <summary>How a receive shows.</summary>
    public static string Print(ReadOnlySpan<byte> data, long length)
    {
        var sum = 17;
        foreach (var each in data) sum = unchecked((sum * 31) + each);
        return $"received={data.Length} of {length}:{sum:x}";
    }

    private int Charge(End end) => end.Bytes.Count + end.Packets.Sum(packet => packet.Length + Overhead);
}
