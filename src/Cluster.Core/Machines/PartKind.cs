using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <summary>Describes a kind of entity that objects consist of, beside the object itself.</summary>
/// <param name="Kind">The number of the kind.</param>
/// <param name="Create">Makes the machine of a part, without state.</param>
/// <param name="IsId">Whether a number can be the id of a part.</param>
/// <param name="OwnerOf">The object of which an entity is a part.</param>
/// <param name="WhyNot">
/// Why the object cannot have a part, from the object's answer to a tracer and an offset in the object; null: it can.
/// </param>
public sealed record PartKind(
    Kind Kind,
    Func<EntityKey, Machine> Create,
    Predicate<long> IsId,
    Func<EntityKey, EntityKey> OwnerOf,
    Func<EntityKey, Reply, ulong, string?> WhyNot);
