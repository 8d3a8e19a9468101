using Cluster.Core.Namespaces;
using Cluster.Core.Objects.MessageQueue;
using Cluster.Core.Objects.SemaphoreSet;
using Cluster.Core.Objects.SharedMemory;
using Cluster.Core.Processes;
using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <summary>Which machine stands behind a kind. A new kind of object is one line here.</summary>
public static class MachineFactory
{
    private static readonly Dictionary<Kind, Func<EntityKey, Machine>> Kinds = new()
    {
        [Kind.MessageQueue] = key => new MessageQueue(key),
        [Kind.SemaphoreSet] = key => new SemaphoreSet(key),
        [Kind.SharedMemory] = key => new SharedMemory(key),
        [Kind.Extent] = key => new Extent(key),
        [Kind.Directory] = key => new ObjectDirectory(key),
        [Kind.Namespace] = key => new Namespace(key),
        [Kind.Process] = key => new Process(key),
        [Kind.Allocator] = key => new Allocator(key),
    };

    /// <summary>A machine without state.</summary>
    public static Machine Create(EntityKey key) =>
        Kinds.TryGetValue(key.Kind, out var create)
            ? create(key)
            : throw new ArgumentException($"there is no kind of entity with the number {(int)key.Kind}", nameof(key));

    /// <summary>Whether clients may call objects of this kind.</summary>
    public static bool IsKnown(Kind kind) => Kinds.ContainsKey(kind);
}
