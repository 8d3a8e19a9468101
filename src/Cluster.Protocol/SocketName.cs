using System.Text;

namespace Cluster.Protocol;

/// <summary>
/// The names of Unix sockets: unix(7). A name is an absolute path, or an abstract name, which is written with @ instead of the
/// NUL at its start, as in /proc/net/unix.
/// </summary>
public static class SocketName
{
    /// <summary>Whether a name is abstract: it ends with its socket.</summary>
    public static bool IsAbstract(string name) => name.StartsWith('@');

    /// <summary>The name as the listing has it: several slashes in a row are as one.</summary>
    public static string Normalize(string name) =>
        name.Length == 0 || IsAbstract(name) ? name : FifoPath.Normalize(name);

    /// <summary>Why a name cannot be that of a socket; None: it can.</summary>
    public static Errno WhyNot(string name)
    {
        // EINVAL, unix(7): the address of bind(2) or connect(2) has a wrong length. sun_path has 108 bytes.
        if (name.Length == 0 || Encoding.UTF8.GetByteCount(name) > Bounds.SocketNameBytes) return Errno.EINVAL;
        if (name.Contains('\0', StringComparison.Ordinal)) return Errno.EINVAL;
        if (IsAbstract(name)) return Errno.None;
        // Processes have no working directory in the cluster, and paths are those of no file system.
        if (name[0] != '/') return Errno.EINVAL;
        var parts = name.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Any(part => part is "." or "..")) return Errno.EINVAL;
        // The root, and a path that ends with a slash, are directories.
        return parts.Length == 0 || name[^1] == '/' ? Errno.ENOENT : Errno.None;
    }
}
