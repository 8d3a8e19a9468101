using System.Text;
using System.Text.Json;

namespace Cluster.Security.Policies;

/// <summary>
/// Reads a policy: JSON (RFC 8259) with comments, an object "identities" with a name and an object for each.
/// An unknown member, a member twice, and a value out of range are errors that name the place.
/// </summary>
/// <param name="kinds">The words of the kinds of object.</param>
internal sealed class PolicyFile(IReadOnlyCollection<string> kinds)
{
    /// <summary>The longest file, in bytes.</summary>
    public const int MostBytes = 4 * 1024 * 1024;

    /// <summary>The most identities of a file.</summary>
    public const int MostIdentities = 10_000;

    /// <summary>The names of users at the Unix socket: this, and the number.</summary>
    public const string UserPrefix = "uid:";

    /// <summary>What a hash of a token begins with.</summary>
    public const string HashPrefix = "sha256:";

    private const int MostEntries = 1_024;
    private const int MostNameChars = 256;

    private static readonly JsonDocumentOptions Lenient = new()
    {
        AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, MaxDepth = 8, AllowDuplicateProperties = false,
    };

    private static readonly string[] Members =
        ["uid", "gid", "groups", "root", "namespaces", "kinds", "tokens"];

    /// <summary>Reads a file.</summary>
    /// <exception cref="SecurityException">It cannot be read, or is no policy.</exception>
    public Policy Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            using var reader = new StreamReader(file, new UTF8Encoding(false, throwOnInvalidBytes: true));
            // The length that the kernel states is 0 for a device.
            var room = new char[MostBytes + 1];
            var length = reader.ReadBlock(room);
            if (length > MostBytes) throw new SecurityException($"{path}: more than {MostBytes} bytes");
            return Parse(new string(room, 0, length));
        }
        catch (SecurityException exception) when (!exception.Message.StartsWith(path, StringComparison.Ordinal))
        {
            throw new SecurityException($"{path}: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new SecurityException($"{path}: {exception.Message.ReplaceLineEndings(" ")}", exception);
        }
    }

    /// <summary>Reads a text.</summary>
    /// <exception cref="SecurityException">It is no policy. The message names the place and what would be right.</exception>
    public Policy Parse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, Lenient);
            return Read(document.RootElement);
        }
        catch (JsonException exception)
        {
            var place = exception.LineNumber is { } line ? $"line {line + 1}: " : "";
            throw new SecurityException($"{place}no valid JSON: {Shorten(exception.Message)}", exception);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            // Half of a surrogate pair, as it is or as \uD800.
            throw new SecurityException($"no valid Unicode: {Shorten(exception.Message)}", exception);
        }
    }

    private Policy Read(JsonElement root)
    {
        Check(root.ValueKind == JsonValueKind.Object, "the file", "is not an object with the member \"identities\"");
        foreach (var member in root.EnumerateObject())
            Check(member.Name == "identities", $"\"{Shorten(member.Name)}\"", "is unknown: there is \"identities\"");
        if (!root.TryGetProperty("identities", out var all))
            throw new SecurityException("the file has no member \"identities\"");
        Check(all.ValueKind == JsonValueKind.Object, "\"identities\"", "is not an object: a member for each identity");
        var identities = new List<PolicyIdentity>();
        var owners = new Dictionary<string, string>();
        foreach (var each in all.EnumerateObject())
        {
            Check(identities.Count < MostIdentities, "\"identities\"", $"has more than {MostIdentities} members");
            var identity = ReadIdentity(each.Name, each.Value);
            foreach (var hash in identity.TokenHashes)
            {
                // A token that two own would be somebody, and nobody could say who.
                if (owners.TryGetValue(Convert.ToHexString(hash), out var owner))
                    throw new SecurityException(
                        $"identity \"{Shorten(each.Name)}\": a token is also one of \"{Shorten(owner)}\"");
            }

            foreach (var hash in identity.TokenHashes) owners[Convert.ToHexString(hash)] = each.Name;
            identities.Add(identity);
        }

        return new Policy(identities);
    }

    private PolicyIdentity ReadIdentity(string name, JsonElement body)
    {
        var where = $"identity \"{Shorten(name)}\"";
        Check(name.Length is > 0 and <= MostNameChars, where, $"is not 1 to {MostNameChars} characters long");
        Check(body.ValueKind == JsonValueKind.Object, where, "is not an object such as { \"uid\": 1000 }");
        foreach (var member in body.EnumerateObject())
            Check(
                Members.Contains(member.Name), $"{where}: \"{Shorten(member.Name)}\"",
                $"is unknown: there are {string.Join(", ", Members)}");
        var uid = Id(where, body, "uid");
        var gid = Id(where, body, "gid");
        var isRoot = Flag(where, body, "root");
        if (name.StartsWith(UserPrefix, StringComparison.Ordinal))
            Check(
                uid is null && !isRoot && !body.TryGetProperty("groups", out _) && !body.TryGetProperty("tokens", out _),
                where, "is a user at the Unix socket, whom the kernel knows: it has namespaces and kinds alone");
        Check(uid is not null || gid is null, $"{where}: \"gid\"", "needs \"uid\" as well");
        Check(uid != 0 || isRoot, $"{where}: \"uid\"", "is 0: add \"root\": true, because user 0 may be any user");
        return new PolicyIdentity(
            name, uid, gid, [.. Entries(where, body, "groups").Select(entry => IdOf($"{where}: \"groups\"", entry))], isRoot,
            Texts(where, body, "namespaces", IsPath, "an absolute path such as \"/prod\""),
            Texts(where, body, "kinds", kinds.Contains, $"one of {string.Join(", ", kinds)}"),
            [.. (Texts(where, body, "tokens", IsHash, "\"sha256:\" and 64 hexadecimal digits") ?? [])
                .Select(hash => Convert.FromHexString(hash.AsSpan(HashPrefix.Length)))]);
    }

    private static bool IsPath(string text) =>
        text == "/" || (text.StartsWith('/') && !text.EndsWith('/') && !text.Contains("//", StringComparison.Ordinal));

    private static bool IsHash(string text) =>
        text.StartsWith(HashPrefix, StringComparison.Ordinal) && text.Length == HashPrefix.Length + 64
        && text.AsSpan(HashPrefix.Length).IndexOfAnyExcept("0123456789abcdefABCDEF") < 0;

    private static uint? Id(string where, JsonElement body, string name) =>
        body.TryGetProperty(name, out var value) ? IdOf($"{where}: \"{name}\"", value) : null;

    // The highest number is (uid_t)-1, which nobody is: credentials(7).
    private static uint IdOf(string where, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetUInt32(out var number) && number != uint.MaxValue
            ? number
            : throw new SecurityException($"{where} is not a number from 0 to 4294967294");

    private static bool Flag(string where, JsonElement body, string name)
    {
        if (!body.TryGetProperty(name, out var value)) return false;
        Check(value.ValueKind is JsonValueKind.True or JsonValueKind.False, $"{where}: \"{name}\"", "is not true or false");
        return value.GetBoolean();
    }

    private static List<JsonElement> Entries(string where, JsonElement body, string name)
    {
        if (!body.TryGetProperty(name, out var list)) return [];
        Check(list.ValueKind == JsonValueKind.Array, $"{where}: \"{name}\"", "is not a list");
        Check(list.GetArrayLength() <= MostEntries, $"{where}: \"{name}\"", $"has more than {MostEntries} entries");
        return [.. list.EnumerateArray()];
    }

    private static string[]? Texts(
        string where, JsonElement body, string name, Func<string, bool> isValid, string expected)
    {
        if (!body.TryGetProperty(name, out _)) return null;
        return
        [
            .. Entries(where, body, name).Select(entry =>
            {
                var text = entry.ValueKind == JsonValueKind.String ? entry.GetString()! : entry.GetRawText();
                Check(
                    entry.ValueKind == JsonValueKind.String && isValid(text),
                    $"{where}: \"{name}\": '{Shorten(text)}'", $"is not {expected}");
                return text;
            }),
        ];
    }

    private static string Shorten(string text)
    {
        var line = new string([.. text.Take(81).Select(c => char.IsControl(c) ? ' ' : c)]);
        return line.Length <= 80 ? line : line[..77] + "...";
    }

    private static void Check(bool valid, string what, string rule)
    {
        if (!valid) throw new SecurityException($"{what} {rule}");
    }
}
