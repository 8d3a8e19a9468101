using System.Globalization;

namespace Cluster.Protocol;

/// <summary>
/// Names of entities for sharding and for the journal: kind/namespace/id, in decimal. The names are on disk and must
/// never change.
/// </summary>
public static class EntityIds
{
    /// <summary>The name of an entity.</summary>
    public static string Format(EntityKey key) =>
        string.Create(CultureInfo.InvariantCulture, $"{(int)key.Kind}/{key.Namespace}/{key.Id}");

    /// <summary>The key of the entity with this name.</summary>
    /// <exception cref="FormatException">It is not the name of an entity.</exception>
    public static EntityKey Parse(string name) =>
        TryParse(name, out var key) ? key : throw new FormatException($"'{name}' is not kind/namespace/id");

    /// <summary>Reads the key of the entity with this name; false: it is not the name of an entity.</summary>
    public static bool TryParse(string name, out EntityKey key)
    {
        key = new EntityKey();
        var first = name.IndexOf('/', StringComparison.Ordinal);
        var second = name.IndexOf('/', first + 1);
        if (first < 0 || second < 0
            || !int.TryParse(name.AsSpan(0, first), NumberStyles.None, CultureInfo.InvariantCulture, out var kind)
            || !ulong.TryParse(
                name.AsSpan(first + 1, second - first - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var ns)
            || !long.TryParse(
                name.AsSpan(second + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var id))
        {
            return false;
        }

        key = new EntityKey { Kind = (Kind)kind, Namespace = ns, Id = id };
        return true;
    }

    /// <summary>A hash (FNV-1a over the three numbers) that is the same on every node and in every release.</summary>
    public static uint Hash(EntityKey key)
    {
        var hash = 2166136261u;
        Mix(ref hash, (ulong)key.Kind);
        Mix(ref hash, key.Namespace);
        Mix(ref hash, (ulong)key.Id);
        return hash;
    }

    private static void Mix(ref uint hash, ulong value)
    {
        for (var shift = 0; shift < 64; shift += 8) hash = (hash ^ (byte)(value >> shift)) * 16777619u;
    }
}
