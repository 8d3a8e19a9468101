using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Cluster.Security.Certificates;

/// <summary>
/// Makes the certificates of a cluster (RFC 5280): an authority, and what it signs for nodes and clients. Keys are of the
/// curve P-256.
/// </summary>
internal static class CertificateAuthority
{
    // A certificate is valid a little before it is made: the clocks of two machines differ.
    private static readonly TimeSpan ClockDifference = TimeSpan.FromHours(1);

    private static readonly Oid ServerUse = new("1.3.6.1.5.5.7.3.1"); // id-kp-serverAuth

    private static readonly Oid ClientUse = new("1.3.6.1.5.5.7.3.2"); // id-kp-clientAuth

    /// <summary>Makes an authority.</summary>
    /// <param name="name">Its common name.</param>
    /// <param name="now">The present time.</param>
    /// <param name="validity">How long it is valid.</param>
    public static X509Certificate2 Make(string name, DateTimeOffset now, TimeSpan validity)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Request(name, key);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request.CreateSelfSigned(now - ClockDifference, now + validity);
    }

    /// <summary>Makes the certificate of a node. It is valid for the server and for the client side of a connection.</summary>
    /// <param name="authority">Signs it; with its key.</param>
    /// <param name="name">Its common name.</param>
    /// <param name="hosts">Names and addresses at which clients and other nodes reach the node.</param>
    /// <param name="now">The present time.</param>
    /// <param name="validity">How long it is valid.</param>
    public static X509Certificate2 MakeNode(
        X509Certificate2 authority, string name, IEnumerable<string> hosts, DateTimeOffset now, TimeSpan validity)
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts)
        {
            if (IPAddress.TryParse(host, out var address)) names.AddIpAddress(address);
            else names.AddDnsName(host);
        }

        return Sign(authority, name, names, [ServerUse, ClientUse], now, validity);
    }

    /// <summary>Makes the certificate of a client.</summary>
    /// <param name="authority">Signs it; with its key.</param>
    /// <param name="identity">Who the client is.</param>
    /// <param name="now">The present time.</param>
    /// <param name="validity">How long it is valid.</param>
    public static X509Certificate2 MakeClient(
        X509Certificate2 authority, SignedIdentity identity, DateTimeOffset now, TimeSpan validity)
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (var uri in identity.Uris) names.AddUri(uri);
        return Sign(authority, identity.Name, identity.HasUser ? names : null, [ClientUse], now, validity);
    }

    private static X509Certificate2 Sign(
        X509Certificate2 authority, string name, SubjectAlternativeNameBuilder? names, Oid[] uses, DateTimeOffset now,
        TimeSpan validity)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Request(name, key);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. uses], false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        if (names is not null) request.CertificateExtensions.Add(names.Build());
        // No certificate outlives its authority.
        var until = now + validity;
        if (until > authority.NotAfter) until = authority.NotAfter;
        using var signed = request.Create(authority, now - ClockDifference, until, NewSerial());
        return signed.CopyWithPrivateKey(key);
    }

    private static CertificateRequest Request(string name, ECDsa key)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(name);
        return new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
    }

    // RFC 5280, 4.1.2.2: positive, at most 20 bytes.
    private static byte[] NewSerial()
    {
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x7F) | 0x40);
        return serial;
    }
}
