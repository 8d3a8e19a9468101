using System.Security.Cryptography.X509Certificates;

namespace Cluster.Security.Certificates;

/// <summary>A file with the serial numbers of revoked certificates: hexadecimal, one a line, # begins a comment.</summary>
internal static class RevokedSerials
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="SecurityException">A line is no serial number.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static HashSet<string> Read(string file)
    {
        var serials = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        if (!File.Exists(file)) throw new FileNotFoundException($"{file} is not there", file);
        foreach (var (line, index) in File.ReadLines(file).Select((line, index) => (line, index)))
        {
            var serial = line.Split('#')[0].Trim().Replace(":", "", StringComparison.Ordinal);
            if (serial.Length == 0) continue;
            // RFC 5280, 4.1.2.2: at most 20 bytes.
            if (serial.Length > 40 || !serial.All(char.IsAsciiHexDigit))
                throw new SecurityException($"{file}, line {index + 1}: '{serial}' is no serial number: hexadecimal digits");
            serials.Add(serial.TrimStart('0'));
        }

        return serials;
    }

    /// <summary>Whether a certificate is revoked. Zeros before a number have no meaning, and tools differ in writing them.</summary>
    public static bool Contains(HashSet<string> serials, X509Certificate2 certificate) =>
        serials.Contains(certificate.SerialNumber.TrimStart('0'));
}
