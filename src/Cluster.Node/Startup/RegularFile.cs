using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Cluster.Node.Startup;

/// <summary>What kind of file something is, as statx(2) says: the runtime's own words know no devices.</summary>
internal static class RegularFile
{
    private const int AtCurrentDirectory = -100;
    private const uint TypeMask = 1;
    private const int ModeOffset = 28;
    private const int StatxBytes = 256;
    private const int KindMask = 0xF000;
    private const int RegularKind = 0x8000;

    /// <summary>Whether there is something at a path, or at the end of its links, that is no regular file.</summary>
    public static bool IsOther(string path)
    {
        if (!OperatingSystem.IsLinux()) return false;
        var found = new byte[StatxBytes];
        if (Statx(AtCurrentDirectory, path, 0, TypeMask, found) != 0) return false;
        return (BinaryPrimitives.ReadUInt16LittleEndian(found.AsSpan(ModeOffset)) & KindMask) != RegularKind;
    }

    [DllImport("libc", EntryPoint = "statx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Statx(
        int directory, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, [Out] byte[] found);
}
