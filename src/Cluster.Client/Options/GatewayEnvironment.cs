namespace Cluster.Client;

/// <summary>
/// What the environment says of TLS and identity, for the tool and for unmodified programs: IPC_TLS_AUTHORITY,
/// IPC_TLS_CERTIFICATE, IPC_TLS_KEY and IPC_TOKEN_FILE, a file each.
/// </summary>
internal static class GatewayEnvironment
{
    // A token in HTTP has to fit into its headers.
    private const int MostTokenBytes = 8_192;

    /// <summary>The files for TLS.</summary>
    public static IpcTlsOptions Tls() => new()
    {
        AuthorityFile = Variable("IPC_TLS_AUTHORITY"),
        CertificateFile = Variable("IPC_TLS_CERTIFICATE"),
        KeyFile = Variable("IPC_TLS_KEY"),
    };

    /// <summary>The file of the token; null: there is none.</summary>
    public static string? TokenFile() => Variable("IPC_TOKEN_FILE");

    /// <summary>Reads a token: the first line of a file.</summary>
    /// <exception cref="IOException">The file cannot be read, or has no token.</exception>
    public static string ReadToken(string file)
    {
        try
        {
            using var reader = new StreamReader(file);
            var room = new char[MostTokenBytes + 1];
            var length = reader.ReadBlock(room);
            var token = new string(room, 0, length).Split('\n')[0].Trim();
            return token.Length is > 0 and <= MostTokenBytes && !token.Any(char.IsControl)
                ? token
                : throw new IOException($"{file}: its first line is no token");
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new IOException(exception.Message, exception);
        }
    }

    private static string? Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
