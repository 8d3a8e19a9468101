using Cluster.Protocol;

namespace Cluster.Core.Tests.Model.PosixSharedMemory;

/// <summary>
/// A shared memory object as shm_open(3), ftruncate(2) and mmap(2) describe it, with nothing taken from the real one: an array
/// of bytes, the open file descriptions, and the mappings.
/// </summary>
public sealed class PosixObjectModel(int id, Credentials creator, uint mode)
{
    private const int Extent = 262_144;

    private readonly uint _uid = creator.Uid, _gid = creator.Gid;
    private readonly HashSet<long> _claimed = []; // extents that were called to write, and so know the object
    private byte[] _bytes = [];
    private long _lastNumber, _lastMapping;

    public int Id { get; } = id;

    public bool IsUnlinked { get; private set; }

    public bool IsGone { get; private set; }

    public long Size => _bytes.Length;

    public Dictionary<long, (int Flags, HashSet<int> Holders)> Descriptions { get; } = [];

    public Dictionary<long, (int Pid, bool ReadOnly)> Mappings { get; } = [];

    public IEnumerable<long> HeldBy(int pid) =>
        Descriptions.Where(each => each.Value.Holders.Contains(pid)).Select(each => each.Key);

    public bool Holds(int pid, long number) =>
        Descriptions.TryGetValue(number, out var description) && description.Holders.Contains(pid);

    // ---- descriptions ----

    public string Open(int pid, Credentials who, int flags, bool isCreator)
    {
        if (!isCreator && IsUnlinked) return "EBADF";
        var access = flags & FileFlags.O_ACCMODE;
        var wanted = access switch { 0 => 4, 1 => 2, _ => 6 } | ((flags & FileFlags.O_TRUNC) != 0 ? 2 : 0);
        if (!isCreator && !May(who, wanted)) return "EACCES";
        Descriptions.Add(++_lastNumber, (flags, [pid]));
        return $"opened {_lastNumber}";
    }

    public string Close(int pid, long number)
    {
        if (!Holds(pid, number)) return "EBADF";
        Leave(pid, number);
        return "ok";
    }

    public string Share(int pid, long number, int other, bool isAlive)
    {
        if (!Holds(pid, number)) return "EBADF";
        if (!isAlive) return "ESRCH";
        Descriptions[number].Holders.Add(other);
        return "ok";
    }

    public string Unlink(Credentials who)
    {
        if (who.Uid != 0 && who.Uid != _uid) return "EACCES";
        IsUnlinked = true;
        GoIfUnused();
        return "ok";
    }

    public void Exit(int pid)
    {
        foreach (var number in HeldBy(pid).ToArray()) Leave(pid, number);
        foreach (var mapping in Mappings.Where(each => each.Value.Pid == pid).ToArray()) Mappings.Remove(mapping.Key);
        GoIfUnused();
    }

    public string Stat() => IsGone
        ? "EBADF"
        : $"size={Size} uid={_uid} gid={_gid} mode={mode} descriptions={Descriptions.Count} unlinked={IsUnlinked}";

    // ---- the size ----

    public string Truncate(int pid, PosixSharedMemoryTruncate call)
    {
        var (number, length, grows) = (call.Description, call.Length, call.Grows);
        if (length < 0) return "EINVAL";
        if (!Holds(pid, number)) return "EBADF";
        var flags = Descriptions[number].Flags;
        var isOpening = (flags & FileFlags.O_TRUNC) != 0 && length == 0 && !grows && call.Opens;
        if ((flags & FileFlags.O_ACCMODE) == 0 && !isOpening) return grows ? "EBADF" : "EINVAL";
        if (length > 1L << 47) return "EFBIG";
        if (!grows || length > Size) Array.Resize(ref _bytes, (int)length);
        return $"size {Size}";
    }

    // ---- mappings ----

    public string Map(int pid, PosixSharedMemoryMap map)
    {
        if (map.Offset % 4_096 != 0) return "EINVAL";
        if (!Holds(pid, map.Description)) return "EBADF";
        if (map.Length == 0) return "EINVAL";
        if (map.Length < 0) return "ENOMEM";
        if (map.Offset < 0) return "EOVERFLOW";
        if (map.Length > 1L << 47) return "ENOMEM";
        var access = Descriptions[map.Description].Flags & FileFlags.O_ACCMODE;
        if (access == FileFlags.O_WRONLY || (map.Writes && access != FileFlags.O_RDWR)) return "EACCES";
        Mappings.Add(++_lastMapping, (pid, !map.Writes));
        return $"mapped {_lastMapping} {map.Length} {!map.Writes}";
    }

    public string Unmap(int pid, long number)
    {
        if (IsGone) return "EBADF";
        if (!Mappings.TryGetValue(number, out var mapping) || mapping.Pid != pid) return "EINVAL";
        Mappings.Remove(number);
        GoIfUnused();
        return "ok";
    }

    // ---- memory: one call is within one extent ----

    /// <param name="extent">The index of the extent.</param>
    /// <param name="read">The call.</param>
    /// <param name="access">The access mode with which the caller got its capability.</param>
    public string Read(long extent, ShmRead read, int access)
    {
        if (IsGone) return "EBADF";
        if (!_claimed.Contains(extent) && extent * Extent >= Size) return "EFAULT";
        if (access == FileFlags.O_WRONLY) return "EACCES";
        var (at, length) = ((extent * Extent) + read.Offset, read.Length);
        if (read.Offset < 0 || length < 0) return "EFAULT";
        var there = (int)Math.Clamp(End(extent) - read.Offset, 0, length);
        if (there < length && !read.Partial) return "EFAULT";
        if (length == 0 && !read.Partial && read.Offset > End(extent)) return "EFAULT";
        return $"read {Convert.ToHexString(_bytes, (int)Math.Min(at, Size - there), there)}";
    }

    public string Write(long extent, int offset, byte[] data, int access)
    {
        if (IsGone) return "EBADF";
        _claimed.Add(extent);
        if (access == FileFlags.O_RDONLY) return "EACCES";
        if (offset < 0 || offset + (long)data.Length > End(extent)) return "EFAULT";
        if (data.Length > 0) data.CopyTo(_bytes.AsSpan((int)(extent * Extent) + offset));
        return "ok";
    }

    public string Operate(long extent, ShmAtomic call, int access)
    {
        if (IsGone) return "EBADF";
        _claimed.Add(extent);
        if (call.Width is not (4 or 8) || call.Offset % call.Width != 0) return "EINVAL";
        var isLoad = call.Operation == ShmAtomic.Types.Operation.Load;
        if (access == FileFlags.O_WRONLY || (access == FileFlags.O_RDONLY && !isLoad)) return "EACCES";
        if (call.Offset < 0 || call.Offset + (long)call.Width > End(extent)) return "EFAULT";
        var place = _bytes.AsSpan((int)(extent * Extent) + call.Offset, call.Width);
        ulong word = 0;
        for (var each = call.Width - 1; each >= 0; each--) word = word << 8 | place[each];
        var value = call.Operation switch
        {
            ShmAtomic.Types.Operation.Load => word,
            ShmAtomic.Types.Operation.Exchange => call.Operand,
            ShmAtomic.Types.Operation.CompareExchange => word == call.Expected ? call.Operand : word,
            ShmAtomic.Types.Operation.Add => unchecked(word + call.Operand),
            ShmAtomic.Types.Operation.And => word & call.Operand,
            ShmAtomic.Types.Operation.Or => word | call.Operand,
            _ => word ^ call.Operand,
        };
        for (var each = 0; each < call.Width; each++) place[each] = (byte)(value >> (8 * each));
        return $"was {word}";
    }

    private long End(long extent) => Math.Clamp(Size - (extent * Extent), 0, Extent);

    private void Leave(int pid, long number)
    {
        Descriptions[number].Holders.Remove(pid);
        if (Descriptions[number].Holders.Count == 0) Descriptions.Remove(number);
        GoIfUnused();
    }

    private void GoIfUnused() => IsGone |= IsUnlinked && Descriptions.Count == 0 && Mappings.Count == 0;

    private bool May(Credentials who, int wanted)
    {
        if (who.Uid == 0) return true;
        var inGroup = who.Groups.Append(who.Gid).Contains(_gid);
        var digit = who.Uid == _uid ? mode >> 6 : inGroup ? mode >> 3 : mode;
        return (wanted & ~(int)digit) == 0;
    }
}
