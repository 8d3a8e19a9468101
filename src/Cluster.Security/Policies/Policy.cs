using System.Security.Cryptography;
using System.Text;

namespace Cluster.Security.Policies;

/// <summary>Which identities there are, and what each may. Immutable: a changed file is another policy.</summary>
internal sealed class Policy(IReadOnlyList<PolicyIdentity> identities)
{
    /// <summary>The longest token that is looked at, in characters.</summary>
    public const int MostTokenChars = 8_192;

    private readonly Dictionary<string, PolicyIdentity> _byName =
        identities.ToDictionary(identity => identity.Name, StringComparer.Ordinal);

    /// <summary>The identities, in the order of the file.</summary>
    public IReadOnlyList<PolicyIdentity> Identities { get; } = identities;

    /// <summary>The identity with a name; null: there is none.</summary>
    public PolicyIdentity? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The owner of a token; null: nobody. Takes the same time for every token.</summary>
    public PolicyIdentity? FindByToken(string token)
    {
        if (token.Length > MostTokenChars) return null;
        var hash = HashOf(token);
        PolicyIdentity? found = null;
        foreach (var identity in Identities)
        {
            foreach (var known in identity.TokenHashes)
            {
                if (CryptographicOperations.FixedTimeEquals(known, hash)) found = identity;
            }
        }

        return found;
    }

    /// <summary>What a policy file has of a token: SHA-256 of its UTF-8 bytes. A token is random, so a salt adds nothing.</summary>
    public static byte[] HashOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
