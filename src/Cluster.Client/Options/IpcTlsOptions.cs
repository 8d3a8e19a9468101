namespace Cluster.Client;

/// <summary>
/// Files for TLS, at https:// addresses. Each is a PEM file, and is read again for every connection, so a renewed
/// certificate needs no restart.
/// </summary>
public sealed record IpcTlsOptions
{
    /// <summary>The authorities that sign the certificates of nodes; null: those of the system.</summary>
    public string? AuthorityFile { get; set; }

    /// <summary>The certificate of this client, which says who it is; null: none.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>The private key of <see cref="CertificateFile"/>; null: it is in the same file.</summary>
    public string? KeyFile { get; set; }
}
