using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Cluster.Security.Certificates;

/// <summary>
/// The files of an authority in one directory: authority.pem and authority.key, NAME.pem and NAME.key for each
/// certificate that it has signed, and revoked.txt. Only their owner may read the keys.
/// </summary>
internal sealed class CertificateFolder(string directory)
{
    private const string AuthorityName = "authority";

    /// <summary>The file of the authority's certificate.</summary>
    public string Authority => PemOf(AuthorityName);

    /// <summary>The file of the serial numbers of revoked certificates.</summary>
    public string Revoked => Path.Combine(directory, "revoked.txt");

    /// <summary>The file of a certificate.</summary>
    public string PemOf(string name) => Path.Combine(directory, name + ".pem");

    /// <summary>The file of a private key.</summary>
    public string KeyOf(string name) => Path.Combine(directory, name + ".key");

    /// <summary>Makes the authority and an empty list of revoked certificates.</summary>
    /// <exception cref="SecurityException">There is one, or the directory cannot be written to.</exception>
    public void Init(DateTimeOffset now, TimeSpan validity) => Guard(() =>
    {
        Directory.CreateDirectory(directory);
        using var authority = CertificateAuthority.Make("cluster-ipc authority", now, validity);
        Save(AuthorityName, authority);
        if (!File.Exists(Revoked))
            File.WriteAllText(Revoked, "# The serial numbers of certificates that are not valid any more, one a line.\n");
    });

    /// <summary>Makes the certificate of a node.</summary>
    /// <exception cref="SecurityException">There is no authority, or there is a certificate of this name.</exception>
    public void AddNode(string name, IEnumerable<string> hosts, DateTimeOffset now, TimeSpan validity) => Guard(() =>
    {
        CheckName(name);
        using var authority = OpenAuthority();
        using var made = CertificateAuthority.MakeNode(authority, name, hosts, now, validity);
        Save(name, made);
    });

    /// <summary>Makes the certificate of a client.</summary>
    /// <exception cref="SecurityException">There is no authority, or there is a certificate of this name.</exception>
    public void AddClient(SignedIdentity identity, DateTimeOffset now, TimeSpan validity) => Guard(() =>
    {
        CheckName(identity.Name);
        using var authority = OpenAuthority();
        using var made = CertificateAuthority.MakeClient(authority, identity, now, validity);
        Save(identity.Name, made);
    });

    /// <summary>Adds the certificate of a name to the revoked ones. It is revoked once, however often this is called.</summary>
    /// <returns>The serial number.</returns>
    /// <exception cref="SecurityException">There is no such certificate.</exception>
    public string Revoke(string name)
    {
        CheckName(name);
        var serial = "";
        Guard(() =>
        {
            if (!File.Exists(PemOf(name)))
                throw new SecurityException($"{PemOf(name)} is not there: name a certificate of this directory");
            using var certificate = X509CertificateLoader.LoadCertificateFromFile(PemOf(name));
            serial = certificate.SerialNumber;
            if (!RevokedSerials.Contains(RevokedSerials.Read(Revoked), certificate)) File.AppendAllText(Revoked, $"{serial} # {name}\n");
        });
        return serial;
    }

    private X509Certificate2 OpenAuthority()
    {
        if (!File.Exists(Authority) || !File.Exists(KeyOf(AuthorityName)))
            throw new SecurityException($"{directory} has no authority: make one with 'ipc certs init'");
        return X509Certificate2.CreateFromPemFile(Authority, KeyOf(AuthorityName));
    }

    // The key first: a certificate without its key would look complete.
    private void Save(string name, X509Certificate2 certificate)
    {
        foreach (var file in (string[])[PemOf(name), KeyOf(name)])
        {
            if (File.Exists(file))
                throw new SecurityException($"{file} is there already: move it away, or choose another name");
        }

        using var key = certificate.GetECDsaPrivateKey()!;
        var owner = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using (var writer = new StreamWriter(KeyOf(name), owner)) writer.WriteLine(key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(PemOf(name), certificate.ExportCertificatePem() + "\n");
    }

    private static void CheckName(string name)
    {
        var isName = name.Length is > 0 and <= 64 && name[0] != '.'
            && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '@');
        if (!isName || name == AuthorityName)
            throw new SecurityException(
                $"'{name}' is no name for a certificate: 1 to 64 letters, digits, - _ . and @, and not '{AuthorityName}'");
    }

    private static void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (
            exception is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new SecurityException(exception.Message.ReplaceLineEndings(" "), exception);
        }
    }
}
