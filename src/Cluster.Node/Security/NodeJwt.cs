using System.Globalization;
using Cluster.Node.Settings;
using Cluster.Security;
using Cluster.Security.Certificates;
using Cluster.Security.Policies;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Cluster.Node.Security;

/// <summary>
/// Checks tokens that an issuer has signed: JWT, RFC 7519, with the keys of a JSON Web Key Set, RFC 7517, in a file.
/// </summary>
internal sealed class NodeJwt
{
    /// <summary>The longest token that is looked at, in characters.</summary>
    internal const int MostChars = Policy.MostTokenChars;

    // The clocks of the issuer and of this machine differ.
    private static readonly TimeSpan ClockDifference = TimeSpan.FromSeconds(30);

    // A key of an issuer is public: with these nobody signs who has no private key.
    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    private readonly JsonWebTokenHandler _handler = new() { MaximumTokenSizeInBytes = MostChars, MapInboundClaims = false };
    private readonly NodeOptions _options;
    private readonly TimeProvider _time;
    private readonly Reloaded<JsonWebKeySet>? _keys;

    /// <summary>Reads the keys, if the node takes such tokens.</summary>
    /// <exception cref="SettingsException">The file has no keys.</exception>
    public NodeJwt(NodeOptions options, SecurityFiles files, TimeProvider time)
    {
        (_options, _time) = (options, time);
        if (options.JwtKeys.Length > 0)
            _keys = files.Open("the keys of the issuer", [options.JwtKeys], () => ReadKeys(options.JwtKeys));
    }

    /// <summary>Whether a token may be one of an issuer: three parts, and this node has keys.</summary>
    public bool MayBe(string token) => _keys is not null && token.Count(c => c == '.') == 2;

    /// <summary>
    /// Who the token says that its owner is: the claim sub is the name, uid, gid and groups are the user, if they are there.
    /// </summary>
    /// <returns>The identity; or null, and why the token is not valid.</returns>
    public (SignedIdentity? Identity, string Reason) Read(string token)
    {
        if (token.Length > MostChars) return (null, "the token is too long");
        var parameters = new TokenValidationParameters
        {
            ValidIssuer = _options.JwtIssuer,
            ValidAudience = _options.JwtAudience,
            IssuerSigningKeys = _keys!.Current.GetSigningKeys(),
            ValidAlgorithms = Algorithms,
            RequireExpirationTime = true,
            RequireSignedTokens = true,
            ClockSkew = ClockDifference,
            LifetimeValidator = (from, until, _, _) => IsNow(from, until),
        };
        // With keys at hand nothing is asked for, so this has completed when it returns.
        var result = _handler.ValidateTokenAsync(token, parameters).GetAwaiter().GetResult();
        if (!result.IsValid) return (null, Explain(result.Exception));
        var claims = (JsonWebToken)result.SecurityToken;
        if (claims.Subject is not { Length: > 0 and <= 256 } name) return (null, "the token has no claim sub");
        var groups = claims.Claims.Where(claim => claim.Type == "groups").Select(claim => Number(claim.Value)).ToArray();
        var (uid, gid) = (NumberOf(claims, "uid"), NumberOf(claims, "gid"));
        return groups.Contains(null) || !uid.IsValid || !gid.IsValid
            ? (null, "a claim uid, gid or groups is no number from 0 to 4294967294")
            : (new SignedIdentity(name, uid.Value, gid.Value, [.. groups.Select(group => group!.Value)]), "");
    }

    private bool IsNow(DateTime? from, DateTime? until)
    {
        var now = _time.GetUtcNow().UtcDateTime;
        return until is { } end && now < end + ClockDifference && (from is null || now >= from - ClockDifference);
    }

    private static (uint? Value, bool IsValid) NumberOf(JsonWebToken token, string claim) =>
        !token.TryGetClaim(claim, out var found) ? (null, true) : (Number(found.Value), Number(found.Value) is not null);

    // The highest number is (uid_t)-1, which nobody is: credentials(7).
    private static uint? Number(string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number != uint.MaxValue
            ? number
            : null;

    // The library's texts have parts of the token.
    private static string Explain(Exception? exception) => exception switch
    {
        SecurityTokenInvalidLifetimeException or SecurityTokenExpiredException => "the token has expired, or is not valid yet",
        SecurityTokenInvalidIssuerException => "the token has another issuer",
        SecurityTokenInvalidAudienceException => "the token is for another audience",
        SecurityTokenSignatureKeyNotFoundException => "the issuer has no such key",
        SecurityTokenInvalidSignatureException => "the signature of the token is wrong",
        SecurityTokenInvalidAlgorithmException => "the token is signed in a way that is not taken",
        _ => "the token is not valid",
    };

    private static JsonWebKeySet ReadKeys(string file)
    {
        try
        {
            var keys = new JsonWebKeySet(File.ReadAllText(file));
            if (keys.GetSigningKeys().Count == 0) throw new ArgumentException("it has no key for signatures");
            return keys;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new SecurityException(
                $"jwt-keys: cannot use {file}: {exception.Message.ReplaceLineEndings(" ")}", exception);
        }
    }
}
