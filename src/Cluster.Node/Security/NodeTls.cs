using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cluster.Actors.Remoting;
using Cluster.Node.Settings;
using Cluster.Protocol;
using Cluster.Security;
using Cluster.Security.Certificates;

namespace Cluster.Node.Security;

/// <summary>
/// What the gateway speaks TLS with: its certificate, the authorities of its clients, and the revoked certificates. A
/// change of the files holds for the connections that follow.
/// </summary>
internal sealed class NodeTls
{
    private const string ServerUse = "1.3.6.1.5.5.7.3.1"; // id-kp-serverAuth, RFC 5280

    private const SslProtocols Versions = SslProtocols.Tls12 | SslProtocols.Tls13;

    private readonly Reloaded<Material> _material;
    private readonly Refusals _refusals;

    /// <summary>Reads the files.</summary>
    /// <exception cref="SettingsException">They cannot be used.</exception>
    public NodeTls(NodeOptions options, SecurityFiles files, Refusals refusals)
    {
        _refusals = refusals;
        string[] paths = [options.TlsCertificate, options.TlsKey, options.TlsAuthority, options.TlsRevoked];
        _material = files.Open("TLS", paths.Where(path => path.Length > 0), () => Read(options));
    }

    /// <summary>The terms of the next connection of a client.</summary>
    public SslServerAuthenticationOptions Terms()
    {
        var material = _material.Current;
        var terms = ServerTerms(material);
        terms.ApplicationProtocols = [FrameFormat.TlsProtocol, SslApplicationProtocol.Http2];
        if (material.Authorities is not { } authorities) return terms;
        // A client may show a token instead of a certificate. Admission decides.
        terms.ClientCertificateRequired = true;
        terms.CertificateChainPolicy = SignedBy(authorities);
        terms.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
            certificate is null || IsValid((X509Certificate2)certificate, chain, errors, material);
        return terms;
    }

    /// <summary>
    /// The terms of remoting: both ends show the certificate of a node. Clients have certificates of the same authority, and
    /// no client is a server, so its certificate is none of a node.
    /// </summary>
    public TlsTransportSetup BetweenNodes() => new(
        () =>
        {
            var terms = ServerTerms(_material.Current);
            terms.ClientCertificateRequired = true;
            terms.RemoteCertificateValidationCallback = (_, certificate, _, _) => IsNode(certificate);
            return terms;
        },
        () => new SslClientAuthenticationOptions
        {
            ClientCertificateContext = _material.Current.Certificate,
            EnabledSslProtocols = Versions,
            AllowRenegotiation = false,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            RemoteCertificateValidationCallback = (_, certificate, _, _) => IsNode(certificate),
        },
        (caller, reason) => _refusals.Tell(
            nameof(BetweenNodes), caller,
            $"it wants to speak as a node, and shows no certificate of a node ({reason})"));

    private static SslServerAuthenticationOptions ServerTerms(Material material) => new()
    {
        ServerCertificateContext = material.Certificate,
        EnabledSslProtocols = Versions,
        AllowRenegotiation = false,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
    };

    private static X509ChainPolicy SignedBy(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }

    // The name in the certificate does not count: nodes know each other by addresses that may be behind translation.
    private bool IsNode(X509Certificate? shown)
    {
        if (shown is not X509Certificate2 certificate) return false;
        var material = _material.Current;
        return IsOfNode(certificate, material.Authorities!, [])
            && !RevokedSerials.Contains(material.Revoked, certificate);
    }

    private static bool IsOfNode(
        X509Certificate2 certificate, X509Certificate2Collection authorities, X509Certificate2Collection between)
    {
        using var chain = new X509Chain { ChainPolicy = SignedBy(authorities) };
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerUse));
        chain.ChainPolicy.ExtraStore.AddRange(between);
        return chain.Build(certificate);
    }

    private bool IsValid(X509Certificate2 certificate, X509Chain? chain, SslPolicyErrors errors, Material material)
    {
        var isRevoked = RevokedSerials.Contains(material.Revoked, certificate);
        if (errors == SslPolicyErrors.None && !isRevoked) return true;
        var status = chain?.ChainStatus is { Length: > 0 } all ? all[0].StatusInformation.TrimEnd('.') : $"{errors}";
        _refusals.Tell(
            nameof(NodeTls), certificate.GetNameInfo(X509NameType.SimpleName, false),
            isRevoked ? "the certificate is revoked" : status);
        return false;
    }

    private static Material Read(NodeOptions options)
    {
        var certificate = Guard("tls-certificate", options.TlsCertificate, path =>
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(path);
            if (chain.Count == 0) throw new CryptographicException("it has no certificate");
            return chain;
        });
        var own = Guard("tls-key", options.TlsKey, path =>
        {
            using var pem = X509Certificate2.CreateFromPemFile(options.TlsCertificate, path);
            // SslStream wants a key that is not bound to the file that was read.
            return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        });
        certificate.RemoveAt(0);
        CheckOwn(own, options);
        X509Certificate2Collection? authorities = null;
        if (options.TlsAuthority.Length > 0)
        {
            authorities = Guard("tls-authority", options.TlsAuthority, path =>
            {
                var all = new X509Certificate2Collection();
                all.ImportFromPemFile(path);
                if (all.Count == 0) throw new CryptographicException("it has no certificate");
                return all;
            });
        }

        var revoked = options.TlsRevoked.Length > 0
            ? Guard("tls-revoked", options.TlsRevoked, RevokedSerials.Read)
            : [];
        if (authorities is not null && !IsOfNode(own, authorities, certificate))
            throw new SecurityException(
                $"tls-certificate: {options.TlsCertificate} is not signed by {options.TlsAuthority}: make it with 'ipc certs node'");
        return new Material(SslStreamCertificateContext.Create(own, certificate, offline: true), authorities, revoked);
    }

    private static void CheckOwn(X509Certificate2 own, NodeOptions options)
    {
        var uses = own.Extensions.OfType<X509EnhancedKeyUsageExtension>().SelectMany(
            extension => extension.EnhancedKeyUsages.Cast<Oid>());
        if (uses.Any() && uses.All(use => use.Value != ServerUse))
            throw new SecurityException(
                $"tls-certificate: {options.TlsCertificate} is for clients: a node needs one of 'ipc certs node'");
        if (own.NotAfter.ToUniversalTime() < DateTime.UtcNow)
            throw new SecurityException(
                $"tls-certificate: {options.TlsCertificate} has expired, at {own.NotAfter.ToUniversalTime():u}");
    }

    private static T Guard<T>(string setting, string file, Func<string, T> read)
    {
        try
        {
            return read(file);
        }
        catch (Exception exception) when (
            exception is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException
                or SecurityException)
        {
            throw new SecurityException($"{setting}: cannot use {file}: {exception.Message.ReplaceLineEndings(" ")}", exception);
        }
    }

    private sealed record Material(
        SslStreamCertificateContext Certificate, X509Certificate2Collection? Authorities, HashSet<string> Revoked);
}
