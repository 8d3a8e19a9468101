using Cluster.Core.Objects;
using Cluster.Protocol;

namespace Cluster.Core.Entities;

/// <summary>The entities that a client may address. A name outside their ranges never becomes an entity.</summary>
public static class ClientTargets
{
    /// <summary>
    /// Finds the entity of a target, in the namespace of the caller.
    /// </summary>
    /// <returns>
    /// None; EPROTO: a client may not call this kind; EINVAL: the id is outside the range of the kind; EACCES: the policy
    /// of the node does not let the caller call the kind.
    /// </returns>
    public static Errno Find(Target target, Stamp caller, out EntityKey key)
    {
        var number = target.Kind == Kind.Process ? 0 : caller.Namespace;
        key = new EntityKey { Kind = target.Kind, Namespace = number, Id = target.Id };
        if (IsId(target) is not { } isId) return Errno.EPROTO;
        if (!isId) return Errno.EINVAL;
        return MayCall(key, caller.Credentials) ? Errno.None : Errno.EACCES;
    }

    private static bool MayCall(EntityKey entity, Credentials caller)
    {
        if (!caller.HasKinds) return true;
        var kind = entity.Kind == Kind.Directory ? (Kind)entity.Id : ObjectKinds.OwnerOf(entity)?.Kind;
        return kind is not { } called || (caller.Kinds >> (int)called & 1) != 0;
    }

    private static bool? IsId(Target target) => target.Kind switch
    {
        Kind.Namespace => target.Id == 0,
        Kind.Process => target.Id is > 0 and <= int.MaxValue,
        Kind.ProcessTable => target.Id == 0,
        Kind.Directory => ObjectKinds.All.Any(kind => (long)kind.Kind == target.Id) ? true : null,
        _ => ObjectKinds.Find(target.Kind)?.IsId(target.Id) ?? ObjectKinds.FindPart(target.Kind)?.IsId(target.Id),
    };
}
