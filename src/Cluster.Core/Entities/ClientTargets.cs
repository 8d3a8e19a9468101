using Cluster.Core.Namespaces;
using Cluster.Core.Objects;
using Cluster.Protocol;

namespace Cluster.Core.Entities;

/// <summary>Which entities a client may address. A name that no client may use never becomes an entity.</summary>
public static class ClientTargets
{
    /// <summary>
    /// The entity of a target in a namespace; null: the kind does not exist, or the id is outside the range of its kind.
    /// </summary>
    public static EntityKey? Find(Target target, ulong number) => target.Kind switch
    {
        Kind.Namespace when target.Id == 0 => KeyOf(target, number),
        Kind.Directory when ObjectKinds.Find((Kind)target.Id) is not null && target.Id == (long)(Kind)target.Id =>
            KeyOf(target, number),
        _ when ObjectKinds.Find(target.Kind)?.IsId(target.Id) is true => KeyOf(target, number),
        _ when ObjectKinds.FindPart(target.Kind)?.IsId(target.Id) is true => KeyOf(target, number),
        _ => null,
    };

    private static EntityKey KeyOf(Target target, ulong number) =>
        new() { Kind = target.Kind, Namespace = number, Id = target.Id };
}
