namespace Cluster.Core.Machines;

/// <summary>The phases in the life of an entity that another entity creates.</summary>
public enum Life
{
    /// <summary>The entity has no state. It asks its creator what it is.</summary>
    Unborn,

    /// <summary>The entity knows what it is and has nothing to journal (an extent that was never written).</summary>
    Blank,

    /// <summary>The entity works.</summary>
    Alive,

    /// <summary>The entity was removed. It answers only the calls that it has answered before.</summary>
    Removed,

    /// <summary>The creator has no such entity. Nothing is kept.</summary>
    Unknown,
}
