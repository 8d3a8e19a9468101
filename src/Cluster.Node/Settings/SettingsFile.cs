using System.Collections;
using System.Globalization;
using Akka.Configuration;

namespace Cluster.Node.Settings;

/// <summary>
/// Reads settings by name from the "ipc" section of a HOCON file and from the environment (IPC_NODE_LISTEN for listen).
/// An unknown name is an error that lists the known names.
/// </summary>
public static class SettingsFile
{
    private const string Prefix = "IPC_NODE_";

    private static readonly Dictionary<string, Func<NodeOptions, string, NodeOptions>> Settings = new()
    {
        ["listen"] = (options, value) => options with { Listen = value },
        ["advertise"] = (options, value) => options with { Advertise = value },
        ["web"] = (options, value) => options with { Web = value },
        ["data"] = (options, value) => options with { Data = value },
        ["journal"] = (options, value) => options with { Journal = value },
        ["remote"] = (options, value) => options with { Remote = value },
        ["remote-bind"] = (options, value) => options with { RemoteBind = value },
        ["seed-nodes"] = (options, value) => options with { SeedNodes = value },
        ["line-port"] = (options, value) => options with { LinePort = Number("line-port", value, NodeOptions.Port) },
        ["role"] = (options, value) => options with { Roles = value },
        ["profile"] = (options, value) => options with { Profile = value },
        ["insecure"] = (options, value) => options with { Insecure = Flag("insecure", value) },
        ["tls-certificate"] = (options, value) => options with { TlsCertificate = value },
        ["tls-key"] = (options, value) => options with { TlsKey = value },
        ["tls-authority"] = (options, value) => options with { TlsAuthority = value },
        ["tls-revoked"] = (options, value) => options with { TlsRevoked = value },
        ["policy"] = (options, value) => options with { Policy = value },
        ["trust-loopback"] = (options, value) => options with { TrustLoopback = Flag("trust-loopback", value) },
        ["jwt-keys"] = (options, value) => options with { JwtKeys = value },
        ["jwt-issuer"] = (options, value) => options with { JwtIssuer = value },
        ["jwt-audience"] = (options, value) => options with { JwtAudience = value },
        ["audit"] = (options, value) => options with { Audit = value },
        ["log"] = (options, value) => options with { Log = value },
        ["passivate-after"] = (options, value) =>
            options with { PassivateAfter = Number("passivate-after", value, NodeOptions.Seconds) },
    };

    /// <summary>The names of all settings.</summary>
    public static IReadOnlyCollection<string> Names => Settings.Keys;

    /// <summary>Applies the "ipc" section of a file.</summary>
    /// <exception cref="SettingsException">A name is unknown or a value malformed.</exception>
    public static NodeOptions Apply(NodeOptions options, Config file)
    {
        foreach (var section in file.AsEnumerable().Select(pair => pair.Key).Distinct())
        {
            if (section is not ("ipc" or "akka"))
                throw new SettingsException($"there is no section '{section}': settings of the node stand in 'ipc'");
        }

        if (!file.HasPath("ipc")) return options;
        if (!file.GetValue("ipc").IsObject())
            throw new SettingsException("'ipc' is a section: ipc { listen = \"127.0.0.1:5210\" }");
        foreach (var (name, value) in file.GetConfig("ipc").AsEnumerable())
        {
            if (value.IsObject() || value.IsArray())
                throw new SettingsException(
                    $"'{name}' in section 'ipc' has to be one value, neither a section nor a list");
            var text = value.GetString() ?? throw new SettingsException($"'{name}' in section 'ipc' has no value");
            options = Set(options, name, text, $"'{name}' in section 'ipc'");
        }

        return options;
    }

    /// <summary>Applies the environment.</summary>
    /// <exception cref="SettingsException">A name is unknown or a value malformed.</exception>
    public static NodeOptions Apply(NodeOptions options, IDictionary environment)
    {
        foreach (DictionaryEntry entry in environment)
        {
            var key = (string)entry.Key;
            if (!key.StartsWith(Prefix, StringComparison.Ordinal)) continue;
            var name = key[Prefix.Length..].ToLowerInvariant().Replace('_', '-');
            options = Set(options, name, (string?)entry.Value ?? "", key);
        }

        return options;
    }

    private static NodeOptions Set(NodeOptions options, string name, string value, string where) =>
        Settings.TryGetValue(name, out var set)
            ? set(options, value)
            : throw new SettingsException($"{where} is no setting; there are: {string.Join(", ", Names)}");

    internal static bool Flag(string name, string value) => value switch
    {
        "on" or "true" or "yes" or "1" => true,
        "off" or "false" or "no" or "0" => false,
        _ => throw new SettingsException($"{name}: '{value}' is neither on nor off"),
    };

    private static int Number(string name, string value, string expected) =>
        int.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new SettingsException($"{name}: '{value}' is not {expected}");
}
