using Cluster.Core.Machines;
using Cluster.Core.Namespaces;
using Cluster.Core.Objects;
using Cluster.Core.Processes;
using Cluster.Protocol;

namespace Cluster.Core.Entities;

/// <summary>Makes the machine of any entity.</summary>
public static class MachineFactory
{
    /// <summary>
    /// A machine without state. Throws ArgumentException for a kind that does not exist.
    /// </summary>
    public static Machine Create(EntityKey key) => key.Kind switch
    {
        Kind.Directory => new ObjectDirectory(key, ObjectKinds.Of((Kind)key.Id)),
        Kind.Namespace => new Namespace(key),
        Kind.Process => new Process(key),
        Kind.ProcessTable => new ProcessTable(key),
        Kind.Allocator => new Allocator(key),
        Kind.Account => new Account(key),
        _ when ObjectKinds.FindPart(key.Kind) is { } part => part.Create(key),
        _ => ObjectKinds.Of(key.Kind).Create(key),
    };
}
