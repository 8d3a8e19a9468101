using Cluster.Protocol;

namespace Cluster.Core.Tests.Model.SharedMemory;

/// <summary>
/// A segment as shmop(2), shmctl(2) and ipc/shm.c describe it, with nothing taken from the real one. Bytes that nobody
/// has written are not in the dictionary.
/// </summary>
public sealed class SegmentModel(int id, int key, long size, Credentials creator, int mode, int cpid, long now)
{
    private readonly uint _cuid = creator.Uid, _cgid = creator.Gid;
    private readonly Dictionary<long, byte> _bytes = [];
    private readonly HashSet<long> _extents = [];
    private uint _uid = creator.Uid, _gid = creator.Gid;
    private long _atime, _dtime, _ctime = now;
    private int _lpid, _mode = mode & 0x1FF;
    private bool _locked;
    private long _lastAttachment;

    public int Id { get; } = id;

    public int Key { get; private set; } = key;

    public long Size { get; } = size;

    public long Pages => (Size + 4095) / 4096;

    public bool IsDoomed { get; private set; }

    public bool IsGone { get; private set; }

    public Dictionary<long, (int Pid, bool ReadOnly)> Attachments { get; } = [];

    public string Access(Credentials who, int flags) =>
        May(who, (flags >> 6 | flags >> 3 | flags) & 7) ? "ok" : "EACCES";

    public string Attach(int pid, Credentials who, int flags, long now)
    {
        if (IsGone || (flags & IpcFlags.SHM_REMAP) != 0) return "EINVAL";
        var readOnly = (flags & IpcFlags.SHM_RDONLY) != 0;
        if (!May(who, (readOnly ? 4 : 6) | ((flags & IpcFlags.SHM_EXEC) != 0 ? 1 : 0))) return "EACCES";
        Attachments.Add(++_lastAttachment, (pid, readOnly));
        (_atime, _lpid) = (now, pid);
        return $"attached {_lastAttachment} {Size} {readOnly}";
    }

    public string Detach(int pid, long attachment, long now)
    {
        if (!Attachments.TryGetValue(attachment, out var own) || own.Pid != pid) return "EINVAL";
        Attachments.Remove(attachment);
        (_dtime, _lpid) = (now, pid);
        GoIfUnused();
        return "ok";
    }

    public void Exit(int pid, long now)
    {
        foreach (var own in Attachments.Where(pair => pair.Value.Pid == pid).ToArray())
            Detach(pid, own.Key, now);
    }

    public string Remove(Credentials who)
    {
        if (IsGone) return "EINVAL";
        if (!Owns(who)) return "EPERM";
        (IsDoomed, Key) = (true, 0);
        GoIfUnused();
        return "ok";
    }

    public string Set(Credentials who, ShmSet set, long now)
    {
        if (IsGone) return "EINVAL";
        if (!Owns(who)) return "EPERM";
        if (set.Uid == uint.MaxValue || set.Gid == uint.MaxValue) return "EINVAL";
        (_uid, _gid, _mode, _ctime) = (set.Uid, set.Gid, (int)set.Mode & 0x1FF, now);
        return "ok";
    }

    public string Lock(Credentials who, bool locks)
    {
        if (IsGone) return "EINVAL";
        if (!Owns(who)) return "EPERM";
        _locked = locks;
        return "ok";
    }

    public string Stat(Credentials who, bool any)
    {
        if (IsGone) return "EINVAL";
        if (!any && !May(who, 4)) return "EACCES";
        var mode = _mode | (IsDoomed ? 0x200 : 0) | (_locked ? 0x400 : 0);
        return $"key={Key} uid={_uid} gid={_gid} cuid={_cuid} cgid={_cgid} mode={mode} segsz={Size} "
            + $"nattch={Attachments.Count} atime={_atime / 1000} dtime={_dtime / 1000} ctime={_ctime / 1000} "
            + $"cpid={cpid} lpid={_lpid} extents={_extents.Count}";
    }

    // ---- memory: one call is within one extent ----

    public string Read(long at, long extent, int offset, int length)
    {
        if (IsOutside(extent, offset, length)) return Outside(extent);
        var data = Enumerable.Range(0, length).Select(each => _bytes.GetValueOrDefault(at + each)).ToArray();
        return $"read {Convert.ToHexString(data)}";
    }

    public string Write(long at, long extent, int offset, byte[] data, bool readOnly)
    {
        if (Outside(extent) == "EINVAL") return "EINVAL";
        _extents.Add(extent); // it had to know who it is
        if (readOnly) return "EACCES";
        if (IsOutside(extent, offset, data.Length)) return "EFAULT";
        for (var each = 0; each < data.Length; each++) _bytes[at + each] = data[each];
        return "ok";
    }

    public string Operate(long at, long extent, ShmAtomic call, bool readOnly)
    {
        if (Outside(extent) == "EINVAL") return "EINVAL";
        _extents.Add(extent);
        if (call.Width is not (4 or 8) || call.Offset % call.Width != 0) return "EINVAL";
        if (readOnly && call.Operation != ShmAtomic.Types.Operation.Load) return "EACCES";
        if (IsOutside(extent, call.Offset, call.Width)) return "EFAULT";
        ulong word = 0;
        for (var each = call.Width - 1; each >= 0; each--) word = word << 8 | _bytes.GetValueOrDefault(at + each);
        var value = call.Operation switch
        {
            ShmAtomic.Types.Operation.Load => word,
            ShmAtomic.Types.Operation.Exchange => call.Operand,
            ShmAtomic.Types.Operation.CompareExchange => Same(word, call.Expected, call.Width) ? call.Operand : word,
            ShmAtomic.Types.Operation.Add => unchecked(word + call.Operand),
            ShmAtomic.Types.Operation.And => word & call.Operand,
            ShmAtomic.Types.Operation.Or => word | call.Operand,
            _ => word ^ call.Operand,
        };
        for (var each = 0; each < call.Width; each++) _bytes[at + each] = (byte)(value >> (8 * each));
        return $"was {word}";
    }

    private static bool Same(ulong one, ulong other, int width) => width == 8 ? one == other : (uint)one == (uint)other;

    private string Outside(long extent) => extent * 262_144 >= Size ? "EINVAL" : "EFAULT";

    private bool IsOutside(long extent, int offset, int length) =>
        offset < 0 || length < 0 || offset + (long)length > Math.Min(262_144, Size - extent * 262_144);

    private void GoIfUnused() => IsGone = IsDoomed && Attachments.Count == 0;

    private bool Owns(Credentials who) => who.Uid == 0 || who.Uid == _uid || who.Uid == _cuid;

    private bool May(Credentials who, int right)
    {
        if (who.Uid == 0) return true;
        var inGroup = who.Groups.Append(who.Gid).Any(each => each == _gid || each == _cgid);
        var digit = who.Uid == _uid || who.Uid == _cuid ? _mode >> 6 : inGroup ? _mode >> 3 : _mode;
        return (right & ~digit) == 0;
    }
}
