using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <summary>Describes a kind of entity that objects consist of, beside the object itself.</summary>
/// <param name="Kind">The number of the kind.</param>
/// <param name="Create">Makes the machine of a part, without state.</param>
/// <param name="IsId">Whether a number can be the id of a part.</param>
/// <param name="OwnerOf">The object of which an entity is a part.</param>
public sealed record PartKind(
    Kind Kind, Func<EntityKey, Machine> Create, Predicate<long> IsId, Func<EntityKey, EntityKey> OwnerOf);
