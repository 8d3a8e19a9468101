using Cluster.Core.Machines;
using Cluster.Core.Objects.Fifos;
using Cluster.Core.Objects.MessageQueues;
using Cluster.Core.Objects.Mqueues;
using Cluster.Core.Objects.PosixSemaphores;
using Cluster.Core.Objects.PosixSharedMemory;
using Cluster.Core.Objects.SemaphoreSets;
using Cluster.Core.Objects.SharedMemory;
using Cluster.Core.Objects.Sockets;
using Cluster.Protocol;

namespace Cluster.Core.Objects;

/// <summary>
/// The kinds of objects. A new kind is one line here; every other list of kinds in Core and Actors is made from this
/// one.
/// </summary>
public static class ObjectKinds
{
    /// <summary>All kinds, in the order of their numbers.</summary>
    public static IReadOnlyList<ObjectKind> All { get; } =
    [
        new MessageQueueKind(), new SemaphoreSetKind(), new SharedMemoryKind(), new MqueueKind(), new PosixSemaphoreKind(),
        new PosixSharedMemoryKind(), new FifoKind(), new SocketKind(),
    ];

    private static readonly Dictionary<Kind, ObjectKind> ByKind = All.ToDictionary(kind => kind.Kind);

    private static readonly Dictionary<Kind, PartKind> Parts =
        All.SelectMany(kind => kind.Parts).ToDictionary(part => part.Kind);

    /// <summary>The description of a kind. Throws ArgumentException for a number that is no kind of object.</summary>
    public static ObjectKind Of(Kind kind) => Find(kind)
        ?? throw new ArgumentException($"there is no kind of object with the number {(int)kind}", nameof(kind));

    /// <summary>The description of a kind; null: the number is no kind of object.</summary>
    public static ObjectKind? Find(Kind kind) => ByKind.GetValueOrDefault(kind);

    /// <summary>The description of the parts of objects with a kind; null: the number is no kind of part.</summary>
    public static PartKind? FindPart(Kind kind) => Parts.GetValueOrDefault(kind);

    /// <summary>The object that an entity is, or is a part of; null: the entity belongs to no object.</summary>
    public static EntityKey? OwnerOf(EntityKey entity) =>
        ByKind.ContainsKey(entity.Kind) ? entity : FindPart(entity.Kind)?.OwnerOf(entity);
}
