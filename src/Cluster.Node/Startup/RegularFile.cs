using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Cluster.Node.Startup;

/// <summary>
/// Tells regular files from others by statx(2): the runtime's file attributes do not show pipes and sockets.
/// </summary>
internal static class RegularFile
{
    private const int AtCurrentDirectory = -100;
    private const uint TypeMask = 1;
    private const int ModeOffset = 28;
    private const int StatxBytes = 256;
    private const int KindMask = 0xF000;
    private const int RegularKind = 0x8000;

    /// <summary>Whether a path, after its links, leads to something that is not a regular file.</summary>
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
