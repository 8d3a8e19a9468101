using Cluster.Protocol;

namespace Cluster.Core.Tests.Model.Fifos;

/// <content>The bytes.</content>
public sealed partial class FifoModel
{
    private sealed class Slot
    {
        public List<byte> Bytes = [];
        public long Position; // of the first byte
        public int End;       // in the page
        public bool IsPacket;
    }

    private readonly List<Slot> _slots = [];
    private int _room = 16;
    private long _written, _emptied;

    private void Writes((int Pid, ulong Seq) id, FifoWrite write, Call call, long now)
    {
        var opened = HeldAs(id.Pid, write.Description);
        var data = write.Data.ToByteArray();
        var isNow = call is { HasTimeoutMs: true, TimeoutMs: 0 };
        if (call.TimeoutMs < 0) Say(id, "EINVAL");
        else if (opened is null || (opened.Flags & 3) == 0) Done(id, "EBADF");
        else if (data.Length > 0 && Readers == 0) Done(id, "EPIPE");
        else
        {
            var isPacket = (opened.Flags & Direct) != 0;
            var isNonblocking = (opened.Flags & NonBlock) != 0;
            var isBehind = _waits.Exists(wait => wait.Sort == Sort.Write && wait.Id.Pid == id.Pid);
            var count = isBehind ? 0 : Put(data, isPacket, isFirst: true);
            if (count == data.Length || (count > 0 && (isNonblocking || isNow))) Done(id, $"written={count}");
            else if (isNonblocking) Done(id, "EAGAIN");
            else if (isNow) Done(id, "ETIMEDOUT");
            else
            {
                var rest = data[count..];
                Park(new Wait { Id = id, Sort = Sort.Write, Rest = rest, Done = count, IsPacket = isPacket }, call, now);
            }
        }
    }

    // pipe_write: what does not make whole pages joins the last slot if it fits; then a slot a page.
    private int Put(byte[] data, bool isPacket, bool isFirst)
    {
        var at = 0;
        var rest = data.Length % Page;
        if (isFirst && rest > 0 && _slots.LastOrDefault() is { IsPacket: false } last && last.End + rest <= Page)
        {
            last.Bytes.AddRange(data[..rest]);
            last.End += rest;
            at = rest;
        }

        while (at < data.Length && _slots.Count < _room)
        {
            var page = data.Skip(at).Take(Page).ToList();
            _slots.Add(new Slot { Bytes = page, Position = _written + at, End = page.Count, IsPacket = isPacket });
            at += page.Count;
        }

        _written += at;
        return at;
    }

    private void Reads((int Pid, ulong Seq) id, FifoRead read, Call call, long now)
    {
        var opened = HeldAs(id.Pid, read.Description);
        if (call.TimeoutMs < 0 || read.Size < 0) Say(id, "EINVAL");
        else if (opened is null || (opened.Flags & 3) == 1) Done(id, "EBADF");
        else if (_slots.Count > 0 || Writers == 0 || read.Size == 0) Take(id, read.Size);
        else if ((opened.Flags & NonBlock) != 0) Done(id, "EAGAIN");
        else if (call is { HasTimeoutMs: true, TimeoutMs: 0 }) Done(id, "ETIMEDOUT");
        else Park(new Wait { Id = id, Sort = Sort.Read, Size = read.Size }, call, now);
    }

    private void Take((int Pid, ulong Seq) id, long size)
    {
        List<Slot> taken = [];
        while (size > 0 && _slots.Count > 0)
        {
            var slot = _slots[0];
            var count = (int)Math.Min(size, slot.Bytes.Count);
            taken.Add(new Slot
            {
                Bytes = slot.Bytes[..count], Position = slot.Position, IsPacket = slot.IsPacket, End = count,
            });
            slot.Bytes = slot.Bytes[count..];
            slot.Position += count;
            size -= count;
            if (slot.IsPacket) slot.Bytes.Clear();
            if (slot.Bytes.Count == 0) _slots.Remove(slot);
            if (slot.IsPacket) break;
        }

        Done(id, $"read={Print([.. taken.SelectMany(slot => slot.Bytes)])}", taken);
    }

    private void PutBack(List<Slot> taken)
    {
        foreach (var slot in taken.Where(slot => slot.Position >= _emptied)) _slots.Add(slot);
        _slots.Sort((one, other) => one.Position.CompareTo(other.Position));
    }

    private void Resizes((int Pid, ulong Seq) id, FifoResize resize)
    {
        var slots = 1;
        while (slots * (long)Page < resize.Bytes) slots *= 2;
        if (HeldAs(id.Pid, resize.Description) is null) Done(id, "EBADF");
        else if (resize.Bytes is < 0 or > 2_147_483_648) Say(id, "EINVAL");
        else if (slots > 256) Done(id, "EPERM");
        else if (slots < _slots.Count) Done(id, "EBUSY");
        else
        {
            _room = slots;
            Done(id, Status());
        }
    }

    private string Status() => $"status={_room * Page} {_slots.Sum(slot => slot.Bytes.Count)} {Readers} {Writers}";

    private void Serve()
    {
        while (true)
        {
            var reader = _waits.Find(wait => wait is { Sort: Sort.Read, PassedOver: false });
            var writer = _waits.Find(wait => wait is { Sort: Sort.Write, PassedOver: false });
            if (reader is not null && (_slots.Count > 0 || Writers == 0))
            {
                _waits.Remove(reader);
                Take(reader.Id, reader.Size);
            }
            else if (writer is not null && Readers == 0)
            {
                End(writer, "EPIPE");
            }
            else if (writer is not null && _slots.Count < _room)
            {
                var count = Put(writer.Rest, writer.IsPacket, isFirst: false);
                (writer.Rest, writer.Done) = (writer.Rest[count..], writer.Done + count);
                if (writer.Rest.Length > 0) continue;
                _waits.Remove(writer);
                Done(writer.Id, $"written={writer.Done}");
            }
            else
            {
                return;
            }
        }
    }

    // Nobody has it open: the kernel frees the pipe.
    private void EmptyIfUnused()
    {
        if (Readers > 0 || Writers > 0) return;
        _slots.Clear();
        _room = 16;
        _emptied = _written;
    }
}
