using System.Globalization;
using System.Runtime.InteropServices;

namespace Cluster.Agent.Native;

/// <summary>Files in memory: memfd_create(2).</summary>
internal static unsafe class MemoryFiles
{
    /// <summary>Makes a file with these contents; its offset is 0. Null: the machine has no room for it.</summary>
    public static Descriptor? Create(string name, ReadOnlySpan<byte> contents)
    {
        var file = new Descriptor(Libc.MemoryFile(name, Libc.MFD_CLOEXEC));
        if (file.Number < 0 || !TryWrite(file.Number, contents, 0))
        {
            file.Dispose();
            return null;
        }

        return file;
    }

    /// <summary>Makes a file of zeros whose size nobody can change: a program that maps it cannot be cut short.</summary>
    public static Descriptor? CreateFixed(string name, long bytes)
    {
        const nint seals = 1 | 2 | 4; // F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW
        var file = new Descriptor(Libc.MemoryFile(name, Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING));
        if (file.Number >= 0 && Libc.Truncate(file.Number, bytes) == 0
            && Libc.Control(file.Number, Libc.F_ADD_SEALS, seals) == 0)
            return file;
        file.Dispose();
        return null;
    }

    /// <summary>Another descriptor of a file, with an access mode and an offset of its own.</summary>
    public static Descriptor Reopen(Descriptor file, int access)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{file.Number}");
        return new Descriptor(Libc.Open(path, access | Libc.O_CLOEXEC, 0));
    }

    /// <summary>Where the next bytes are that were ever written, from an offset on; negative: there are none.</summary>
    public static long NextData(int descriptor, long offset) => Libc.Seek(descriptor, offset, Libc.SEEK_DATA);

    /// <summary>Reads all bytes at the offset.</summary>
    public static bool TryRead(int descriptor, Span<byte> bytes, long offset)
    {
        fixed (byte* at = bytes)
        {
            for (nint done = 0; done < bytes.Length;)
            {
                var got = Libc.ReadAt(descriptor, at + done, (nuint)(bytes.Length - done), offset + done);
                if (got < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR)
                    continue;
                if (got <= 0)
                    return false;
                done += got;
            }
        }

        return true;
    }

    /// <summary>Reads the start of a file that a program has given. Null: it is shorter, or no such file.</summary>
    public static byte[]? Read(int descriptor, int length)
    {
        // Anything but a memory file could block this thread; memory files alone have seals.
        if (Libc.Control(descriptor, Libc.F_GET_SEALS, 0) < 0 || Libc.Seek(descriptor, 0, Libc.SEEK_END) < length)
            return null;
        var bytes = new byte[length];
        return TryRead(descriptor, bytes, 0) ? bytes : null;
    }

    /// <summary>Writes all bytes at the offset.</summary>
    public static bool TryWrite(int descriptor, ReadOnlySpan<byte> bytes, long offset)
    {
        fixed (byte* at = bytes)
        {
            for (nint done = 0; done < bytes.Length;)
            {
                var wrote = Libc.WriteAt(descriptor, at + done, (nuint)(bytes.Length - done), offset + done);
                if (wrote < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR)
                    continue;
                if (wrote <= 0)
                    return false;
                done += wrote;
            }
        }

        return true;
    }
}
