using System.Text;
using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Objects.PosixSemaphores;

/// <summary>
/// The kind "named POSIX semaphore": sem_overview(7). Names and their errors are those of the C library (glibc), which
/// makes the file sem.NAME in /dev/shm.
/// </summary>
public sealed class PosixSemaphoreKind() : ObjectKind(Kind.PosixSemaphore, "psem", 'S', objectsLimit: null)
{
    private const int PrefixBytes = 4; // "sem."

    public override bool IsNamed => true;

    public override bool IsSystemV => false;

    public override ObjectMachine Create(EntityKey key) => new PosixSemaphore(key);

    // A value above the highest fails only where the value counts: not for a name that exists.
    public override bool IsSize(long size, Limits limits) => true;

    // EINVAL: "value was greater than SEM_VALUE_MAX."
    public override bool IsNewSize(long size, Limits limits) => size is >= 0 and <= Bounds.PosixSemaphoreValue;

    public override string Normalize(string name) => "/" + name.TrimStart('/');

    public override Errno WhyNotName(string name, bool unlinks)
    {
        var file = name.TrimStart('/');
        var bytes = Encoding.UTF8.GetByteCount(file);
        // EINVAL: "name consists of just "/", followed by no other characters", or is not valid for the C library.
        var isInvalid = bytes is 0 or > Bounds.NameBytes || file.AsSpan().ContainsAny('/', '\0');
        if (isInvalid) return unlinks ? Errno.ENOENT : Errno.EINVAL;
        // ENAMETOOLONG: "name was too long."
        return bytes > Bounds.NameBytes - PrefixBytes ? Errno.ENAMETOOLONG : Errno.None;
    }
}
