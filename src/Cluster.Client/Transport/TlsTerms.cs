using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Cluster.Client;

/// <summary>The terms of a TLS connection with a node.</summary>
internal static class TlsTerms
{
    /// <summary>Reads the files of the options.</summary>
    /// <param name="options">The files.</param>
    /// <param name="host">The name that the certificate of the node has to have.</param>
    /// <param name="protocols">What the client speaks: ALPN.</param>
    /// <exception cref="IOException">A file cannot be used.</exception>
    public static SslClientAuthenticationOptions Of(
        IpcTlsOptions options, string host, params List<SslApplicationProtocol> protocols)
    {
        var terms = new SslClientAuthenticationOptions
        {
            TargetHost = host,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = protocols,
            AllowRenegotiation = false,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        };
        if (options.AuthorityFile is { } authority)
        {
            var chain = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            };
            Read("AuthorityFile", authority, file =>
            {
                chain.CustomTrustStore.ImportFromPemFile(file);
                if (chain.CustomTrustStore.Count == 0) throw new CryptographicException("it has no certificate");
            });
            terms.CertificateChainPolicy = chain;
        }

        if (options.CertificateFile is { } certificate)
        {
            Read("CertificateFile", certificate, file =>
            {
                using var pem = X509Certificate2.CreateFromPemFile(file, options.KeyFile ?? file);
                // SslStream wants a key that is not bound to the file that was read.
                var own = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
                terms.ClientCertificates = [own];
                // The node's list of authorities does not decide: there is one certificate.
                terms.LocalCertificateSelectionCallback = (_, _, _, _, _) => own;
            });
        }

        return terms;
    }

    private static void Read(string option, string file, Action<string> read)
    {
        try
        {
            read(file);
        }
        catch (Exception exception) when (
            exception is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new IOException($"{option}: cannot use {file}: {exception.Message.ReplaceLineEndings(" ")}", exception);
        }
    }
}
