using System.Runtime.InteropServices;
using System.Text;
using SQLitePCL;

namespace Cluster.Journal.Tests.PowerLoss;

/// <summary>
/// A layer between SQLite and its files (a VFS, sqlite.org/vfs.html) that notes each write, truncation, sync and removal
/// under one folder. It passes all of them on. All connections of the process go through it.
/// </summary>
/// <remarks>
/// The shared memory of the WAL (-shm) is not noted: SQLite makes it anew after a power loss. SQLite writes by pwrite(2)
/// and syncs by fsync(2), one call each for a call of this layer.
/// </remarks>
internal static unsafe partial class RecordingDisk
{
    private const int VfsBytes = 168; // struct sqlite3_vfs, version 3
    private const int OpenAt = 40;
    private const int DeleteAt = 48;
    private const int MethodsBytes = 152; // struct sqlite3_io_methods, version 3
    private const int CloseAt = 8;
    private const int WriteAt = 24;
    private const int TruncateAt = 32;
    private const int SyncAt = 40;

    private static readonly Lock Gate = new();
    private static readonly Dictionary<nint, (string Path, nint Methods, nint Own)> Files = [];
    private static byte* _vfs;
    private static DiskRecord? _record;
    private static string _prefix = string.Empty;

    /// <summary>Begins to note what happens to files whose path begins so. One record at a time.</summary>
    public static DiskRecord Begin(string prefix)
    {
        lock (Gate)
        {
            if (_vfs == null) Register();
            _prefix = prefix;
            return _record = new DiskRecord();
        }
    }

    /// <summary>Ends the record.</summary>
    public static void End()
    {
        lock (Gate) _record = null;
    }

    private static void Register()
    {
        Batteries_V2.Init();
        _vfs = sqlite3_vfs_find(null);
        var own = (byte*)NativeMemory.Alloc(VfsBytes);
        Buffer.MemoryCopy(_vfs, own, VfsBytes, VfsBytes);
        var name = Encoding.UTF8.GetBytes("recording\0");
        var kept = (byte*)NativeMemory.Alloc((nuint)name.Length);
        name.CopyTo(new Span<byte>(kept, name.Length));
        *(byte**)(own + 24) = kept;
        *(nint*)(own + OpenAt) = (nint)(delegate* unmanaged<byte*, byte*, nint, int, int*, int>)&Open;
        *(nint*)(own + DeleteAt) = (nint)(delegate* unmanaged<byte*, byte*, int, int>)&Delete;
        if (sqlite3_vfs_register(own, 1) != raw.SQLITE_OK) throw new InvalidOperationException("SQLite refuses the layer");
    }

    [UnmanagedCallersOnly]
    private static int Open(byte* vfs, byte* path, nint file, int flags, int* outFlags)
    {
        var code = ((delegate* unmanaged<byte*, byte*, nint, int, int*, int>)*(nint*)(_vfs + OpenAt))(
            _vfs, path, file, flags, outFlags);
        if (code != raw.SQLITE_OK || path == null || *(nint*)file == 0) return code;
        var name = Marshal.PtrToStringUTF8((nint)path)!;
        lock (Gate)
        {
            if (_record is null || !name.StartsWith(_prefix, StringComparison.Ordinal)) return code;
            var methods = *(byte**)file;
            var own = (byte*)NativeMemory.Alloc(MethodsBytes);
            Buffer.MemoryCopy(methods, own, MethodsBytes, MethodsBytes);
            *(nint*)(own + CloseAt) = (nint)(delegate* unmanaged<nint, int>)&Close;
            *(nint*)(own + WriteAt) = (nint)(delegate* unmanaged<nint, byte*, int, long, int>)&Write;
            *(nint*)(own + TruncateAt) = (nint)(delegate* unmanaged<nint, long, int>)&Truncate;
            *(nint*)(own + SyncAt) = (nint)(delegate* unmanaged<nint, int, int>)&Sync;
            Files[file] = (name, (nint)methods, (nint)own);
            *(byte**)file = own;
        }

        return code;
    }

    [UnmanagedCallersOnly]
    private static int Close(nint file)
    {
        byte* methods;
        lock (Gate)
        {
            methods = (byte*)Files[file].Methods;
            NativeMemory.Free((void*)Files[file].Own);
            Files.Remove(file);
            *(byte**)file = methods;
        }

        return ((delegate* unmanaged<nint, int>)*(nint*)(methods + CloseAt))(file);
    }

    [UnmanagedCallersOnly]
    private static int Write(nint file, byte* bytes, int length, long at)
    {
        lock (Gate)
        {
            var (path, methods, _) = Files[file];
            // Noted before the call: a write that is cut off may have happened.
            _record?.Write(path, at, new ReadOnlySpan<byte>(bytes, length));
            return ((delegate* unmanaged<nint, byte*, int, long, int>)*(nint*)(methods + WriteAt))(file, bytes, length, at);
        }
    }

    [UnmanagedCallersOnly]
    private static int Truncate(nint file, long length)
    {
        lock (Gate)
        {
            var (path, methods, _) = Files[file];
            _record?.Truncate(path, length);
            return ((delegate* unmanaged<nint, long, int>)*(nint*)(methods + TruncateAt))(file, length);
        }
    }

    [UnmanagedCallersOnly]
    private static int Sync(nint file, int flags)
    {
        lock (Gate)
        {
            var (path, methods, _) = Files[file];
            var code = ((delegate* unmanaged<nint, int, int>)*(nint*)(methods + SyncAt))(file, flags);
            // Noted after the call, which has to have succeeded.
            if (code == raw.SQLITE_OK) _record?.Sync(path);
            return code;
        }
    }

    [UnmanagedCallersOnly]
    private static int Delete(byte* vfs, byte* path, int syncFolder)
    {
        var name = Marshal.PtrToStringUTF8((nint)path)!;
        lock (Gate)
        {
            if (name.StartsWith(_prefix, StringComparison.Ordinal)) _record?.Remove(name, syncFolder != 0);
            return ((delegate* unmanaged<byte*, byte*, int, int>)*(nint*)(_vfs + DeleteAt))(_vfs, path, syncFolder);
        }
    }

    [LibraryImport("e_sqlite3")]
    private static partial byte* sqlite3_vfs_find(byte* name);

    [LibraryImport("e_sqlite3")]
    private static partial int sqlite3_vfs_register(byte* vfs, int makeDefault);
}
