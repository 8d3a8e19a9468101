using System.Formats.Asn1;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;

namespace Cluster.Security.Certificates;

/// <summary>
/// Who the holder of a client's certificate is: the common name, and a user if the certificate names one, by the URIs
/// urn:ipc:uid:UID, urn:ipc:gid:GID and urn:ipc:group:GID among its alternative names.
/// </summary>
/// <param name="Name">The common name.</param>
/// <param name="Uid">The user; null: the certificate names none.</param>
/// <param name="Gid">The group; null: the same number as the user.</param>
/// <param name="Groups">Supplementary groups.</param>
internal sealed record SignedIdentity(string Name, uint? Uid, uint? Gid, IReadOnlyList<uint> Groups)
{
    private const string Prefix = "urn:ipc:";
    private const string NamesOid = "2.5.29.17"; // id-ce-subjectAltName, RFC 5280

    // [6] IMPLICIT IA5String: uniformResourceIdentifier of GeneralName, RFC 5280, 4.2.1.6.
    private static readonly Asn1Tag UriTag = new(TagClass.ContextSpecific, 6);

    /// <summary>Whether the certificate names a user.</summary>
    public bool HasUser => Uid is not null;

    /// <summary>The identity as alternative names.</summary>
    public IEnumerable<Uri> Uris
    {
        get
        {
            if (Uid is not { } uid) yield break;
            yield return UriOf("uid", uid);
            yield return UriOf("gid", Gid ?? uid);
            foreach (var group in Groups) yield return UriOf("group", group);
        }
    }

    /// <summary>Reads a certificate whose signature was verified.</summary>
    public static SignedIdentity Of(X509Certificate2 certificate)
    {
        uint? uid = null, gid = null;
        var groups = new List<uint>();
        foreach (var uri in UrisOf(certificate))
        {
            if (!uri.StartsWith(Prefix, StringComparison.Ordinal)) continue;
            var parts = uri[Prefix.Length..].Split(':');
            if (parts is not [var what, var text]
                || !uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                || number == uint.MaxValue)
                continue;
            switch (what)
            {
                case "uid": uid ??= number; break;
                case "gid": gid ??= number; break;
                case "group": groups.Add(number); break;
            }
        }

        return new SignedIdentity(
            certificate.GetNameInfo(X509NameType.SimpleName, false), uid, gid, groups);
    }

    private static Uri UriOf(string what, uint number) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{Prefix}{what}:{number}"));

    private static List<string> UrisOf(X509Certificate2 certificate)
    {
        var found = new List<string>();
        if (certificate.Extensions.FirstOrDefault(each => each.Oid?.Value == NamesOid) is not { } extension) return found;
        try
        {
            var names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
            while (names.HasData)
            {
                if (names.PeekTag().HasSameClassAndValue(UriTag))
                    found.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, UriTag));
                else
                    names.ReadEncodedValue();
            }
        }
        catch (AsnContentException)
        {
            // A certificate with malformed names names no user.
            found.Clear();
        }

        return found;
    }
}
