namespace Cluster.Security.Policies;

/// <summary>What one identity may.</summary>
/// <param name="Name">The common name of a certificate, the subject of a JWT, or the owner of a token.</param>
/// <param name="Uid">The user that its processes are; null: the one that the certificate names.</param>
/// <param name="Gid">The group; null: the same number as <paramref name="Uid"/>.</param>
/// <param name="Groups">Supplementary groups.</param>
/// <param name="IsRoot">Its processes may be any user, 0 included, as after setuid(2) of root.</param>
/// <param name="Namespaces">Paths: each stands for itself and for all below it. Null: all.</param>
/// <param name="Kinds">The words of the kinds of object that it may call. Null: all.</param>
/// <param name="TokenHashes">SHA-256 of its tokens, 32 bytes each.</param>
internal sealed record PolicyIdentity(
    string Name, uint? Uid, uint? Gid, IReadOnlyList<uint> Groups, bool IsRoot, IReadOnlyList<string>? Namespaces,
    IReadOnlyList<string>? Kinds, IReadOnlyList<byte[]> TokenHashes)
{
    /// <summary>Whether the identity may enter a namespace.</summary>
    /// <param name="path">An absolute path; empty: "/".</param>
    public bool MayEnter(string path)
    {
        if (Namespaces is null) return true;
        var wanted = path.TrimEnd('/');
        return Namespaces.Any(allowed =>
        {
            var root = allowed.TrimEnd('/');
            return wanted == root || wanted.StartsWith(root + "/", StringComparison.Ordinal);
        });
    }

    /// <summary>Whether the identity may call objects of a kind.</summary>
    public bool MayCall(string kind) => Kinds is null || Kinds.Contains(kind);
}
