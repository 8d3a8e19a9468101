using System.Runtime.InteropServices;

namespace Cluster.Actors.Journal.Sqlite;

/// <summary>Which file a path names: a file that was removed or replaced has another identity.</summary>
internal static partial class FileIdentity
{
    private const int CurrentDirectory = -100; // AT_FDCWD
    private const uint Inode = 0x100; // STATX_INO
    private const int InodeAt = 32; // of struct statx
    private const int DeviceAt = 136; // of struct statx

    /// <summary>The device and the inode number, statx(2); null: there is no file.</summary>
    public static unsafe (ulong Device, ulong Inode)? Of(string path)
    {
        var status = stackalloc byte[256];
        if (statx(CurrentDirectory, path, 0, Inode, status) != 0) return null;
        return (*(ulong*)(status + DeviceAt), *(ulong*)(status + InodeAt));
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial int statx(int directory, string path, int flags, uint mask, byte* status);
}
