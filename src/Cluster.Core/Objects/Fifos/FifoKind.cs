using System.Text;
using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Objects.Fifos;

/// <summary>The kind "FIFO": fifo(7). A name is an absolute path; a namespace has its own.</summary>
public sealed class FifoKind() : ObjectKind(Kind.Fifo, "fifo", 'F', objectsLimit: null)
{
    public override bool IsNamed => true;

    public override bool IsSized => false;

    public override bool IsSystemV => false;

    // pipe(2).
    public override bool MayBeUnnamed => true;

    public override ObjectMachine Create(EntityKey key) => new Fifo(key);

    public override bool IsSize(long size, Limits limits) => size == 0;

    public override string Normalize(string name) => FifoPath.Normalize(name);

    public override Errno WhyNotName(string name, bool unlinks)
    {
        // ENOENT, mkfifo(3): "A directory component in pathname does not exist", or the path is empty.
        if (name.Length == 0) return Errno.ENOENT;
        // Processes have no working directory in the cluster, and paths are those of no file system.
        if (name[0] != '/' || name.Contains('\0', StringComparison.Ordinal)) return Errno.EINVAL;
        // ENAMETOOLONG: "Either the total length of pathname is greater than PATH_MAX, or an individual filename
        // component has a length greater than NAME_MAX."
        if (Encoding.UTF8.GetByteCount(name) >= Bounds.PathBytes) return Errno.ENAMETOOLONG;
        var parts = name.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Any(part => Encoding.UTF8.GetByteCount(part) > Bounds.NameBytes)) return Errno.ENAMETOOLONG;
        if (parts.Any(part => part is "." or "..")) return Errno.EINVAL;
        // The root, and a path that ends with a slash, are directories.
        if (parts.Length == 0 || name[^1] == '/') return unlinks ? Errno.EISDIR : Errno.ENOENT;
        return Errno.None;
    }

    // mkfifo(3) opens nothing, so the object does not wait for its creator. A pipe does.
    public override Errno Describe(Get get, Stamp stamp, DirectoryEntry entry)
    {
        if (!get.Unnamed) (entry.Creator, entry.CreatorSeq) = (0, 0);
        return Errno.None;
    }
}
