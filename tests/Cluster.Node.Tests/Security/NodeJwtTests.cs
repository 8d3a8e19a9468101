using System.Security.Cryptography;
using System.Text.Json;
using Cluster.Node.Observing;
using Cluster.Node.Security;
using Cluster.Node.Settings;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Cluster.Node.Tests.Security;

/// <summary>Tokens that an issuer has signed: which are taken, and who they say that one is.</summary>
public sealed class NodeJwtTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly string _file = Path.GetTempFileName();
    private readonly FakeTimeProvider _time = new(Now);
    private readonly NodeJwt _jwt;

    public NodeJwtTests()
    {
        File.WriteAllText(_file, KeySet(_key, "k1"));
        _jwt = Open();
    }

    public void Dispose()
    {
        _key.Dispose();
        File.Delete(_file);
    }

    [Fact]
    public void The_claims_say_who_the_owner_is()
    {
        var (identity, _) = _jwt.Read(Sign(claims => (claims["uid"], claims["gid"], claims["groups"]) = (1000, 100, (int[])[27, 28])));
        Assert.Equal(("alice", 1000u, 100u), (identity!.Name, identity.Uid, identity.Gid));
        Assert.Equal([27u, 28u], identity.Groups);
        var (unnamed, _) = _jwt.Read(Sign());
        Assert.False(unnamed!.HasUser);
    }

    [Theory]
    [InlineData("iss", "https://other.example.org", "the token has another issuer")]
    [InlineData("aud", "another cluster", "the token is for another audience")]
    [InlineData("exp", -31, "the token has expired, or is not valid yet")]
    [InlineData("nbf", 31, "the token has expired, or is not valid yet")]
    [InlineData("uid", -1, "a claim uid, gid or groups is no number from 0 to 4294967294")]
    [InlineData("uid", 4294967295, "a claim uid, gid or groups is no number from 0 to 4294967294")]
    [InlineData("uid", "root", "a claim uid, gid or groups is no number from 0 to 4294967294")]
    [InlineData("groups", "x", "a claim uid, gid or groups is no number from 0 to 4294967294")]
    [InlineData("sub", "", "the token has no claim sub")]
    public void A_token_with_a_wrong_claim_is_refused(string claim, object value, string reason)
    {
        if (claim is "exp" or "nbf") value = (Now + TimeSpan.FromSeconds((int)value)).ToUnixTimeSeconds();
        Assert.Equal((null, reason), _jwt.Read(Sign(claims => claims[claim] = value)));
    }

    [Fact]
    public void A_token_that_does_not_expire_is_refused() =>
        Assert.Equal((null, "the token has expired, or is not valid yet"), _jwt.Read(Sign(claims => claims.Remove("exp"))));

    [Fact]
    public void A_token_of_another_key_or_changed_or_without_a_signature_is_refused()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Null(_jwt.Read(Sign(key: other)).Identity);
        var parts = Sign().Split('.');
        var changed = Base64UrlEncoder.Encode(
            Base64UrlEncoder.Decode(parts[1]).Replace("alice", "admin", StringComparison.Ordinal));
        Assert.Equal((null, "the signature of the token is wrong"), _jwt.Read($"{parts[0]}.{changed}.{parts[2]}"));
        var none = Base64UrlEncoder.Encode("""{"alg":"none","typ":"JWT"}""");
        Assert.Null(_jwt.Read($"{none}.{parts[1]}.").Identity);
        // The public key as the secret of an HMAC, which everybody could compute.
        var secret = new SymmetricSecurityKey(_key.ExportSubjectPublicKeyInfo()) { KeyId = "k1" };
        var forged = new JsonWebTokenHandler().CreateToken(
            Base64UrlEncoder.Decode(parts[1]), new SigningCredentials(secret, SecurityAlgorithms.HmacSha256));
        Assert.Null(_jwt.Read(forged).Identity);
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a.b.c")]
    [InlineData("eyJhbGciOiJFUzI1NiJ9.e30.")]
    public void What_is_no_token_is_refused(string text)
    {
        Assert.True(_jwt.MayBe(text));
        Assert.Null(_jwt.Read(text).Identity);
    }

    [Fact]
    public void A_token_that_is_too_long_is_refused() =>
        Assert.Equal((null, "the token is too long"), _jwt.Read(new string('a', NodeJwt.MostChars) + ".b.c"));

    [Fact]
    public void A_key_that_the_issuer_has_replaced_is_not_taken_any_more()
    {
        var token = Sign();
        Assert.NotNull(_jwt.Read(token).Identity);
        using var next = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        File.WriteAllText(_file, KeySet(next, "key2"));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Null(_jwt.Read(token).Identity);
        Assert.NotNull(_jwt.Read(Sign(key: next, id: "key2")).Identity);
    }

    [Theory]
    [InlineData("", "jwt-keys: cannot use")]
    [InlineData("{}", "it has no key for signatures")]
    [InlineData("not JSON", "jwt-keys: cannot use")]
    public void A_file_without_keys_is_named(string text, string error)
    {
        File.WriteAllText(_file, text);
        Assert.Contains(error, Assert.Throws<SettingsException>(Open).Message, StringComparison.Ordinal);
    }

    private NodeJwt Open()
    {
        var options = new NodeOptions
        {
            JwtKeys = _file, JwtIssuer = "https://issuer.example.org", JwtAudience = "ipc", Audit = AuditLog.None,
        };
        var audit = new AuditLog(options, NullLoggerFactory.Instance, _time);
        return new NodeJwt(options, new SecurityFiles(audit, NullLoggerFactory.Instance, _time), _time);
    }

    private string Sign(Action<Dictionary<string, object>>? change = null, ECDsa? key = null, string id = "k1")
    {
        var claims = new Dictionary<string, object>
        {
            ["iss"] = "https://issuer.example.org", ["aud"] = "ipc", ["sub"] = "alice",
            ["exp"] = (Now + TimeSpan.FromMinutes(5)).ToUnixTimeSeconds(),
        };
        change?.Invoke(claims);
        var signing = new SigningCredentials(
            new ECDsaSecurityKey(key ?? _key) { KeyId = id }, SecurityAlgorithms.EcdsaSha256);
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }
            .CreateToken(JsonSerializer.Serialize(claims), signing);
    }

    private static string KeySet(ECDsa key, string id)
    {
        var jwk = JsonWebKeyConverter.ConvertFromECDsaSecurityKey(
            new ECDsaSecurityKey(ECDsa.Create(key.ExportParameters(false))) { KeyId = id });
        return JsonSerializer.Serialize(new
        {
            keys = new[] { new { kty = jwk.Kty, kid = id, use = "sig", crv = jwk.Crv, x = jwk.X, y = jwk.Y } },
        });
    }
}
