using System.Globalization;
using System.Text.RegularExpressions;
using Cluster.Node.Settings;

namespace Cluster.Node.Tests.Observing;

/// <summary>The table of settings names every one of them, as it is called and with its default.</summary>
public sealed partial class SettingsTableTests
{
    private const string File = "docs/configuration.md";
    private const string Header = "| setting | command line | environment | default |";

    // Properties that are not named like their setting.
    private static readonly Dictionary<string, string> Properties = new() { ["role"] = "Roles" };

    [Fact]
    public void The_table_has_all_settings_and_no_other() =>
        Assert.Equal(SettingsFile.Names.Order(), Documents.Table(File, Header).Select(row => row[0]).Order());

    [Fact]
    public void Names_are_those_of_the_command_line_and_the_environment() =>
        Assert.All(Documents.Table(File, Header), row =>
        {
            Assert.Equal($"--{row[0]}", row[1].Trim('`').Split(' ')[0]);
            Assert.Equal($"IPC_NODE_{row[0].ToUpperInvariant().Replace('-', '_')}", row[2]);
            var applied = SettingsFile.Apply(
                new NodeOptions(), new Dictionary<string, string> { [row[2]] = Other(row[0]) });
            Assert.NotEqual(new NodeOptions(), applied);
        });

    [Fact]
    public void Defaults_are_those_of_the_code() =>
        Assert.All(Documents.Table(File, Header), row =>
        {
            var value = ValueOf(row[0]);
            // Empty, or in the user's directory: the table explains these defaults in words.
            if (value.Length == 0 || value == NodeOptions.DefaultData) Assert.DoesNotMatch(Literal(), row[3]);
            else Assert.Equal(value, Literal().Match(row[3]).Groups[1].Value);
        });

    private static string ValueOf(string setting)
    {
        var name = Properties.GetValueOrDefault(
            setting, string.Concat(setting.Split('-').Select(word => char.ToUpperInvariant(word[0]) + word[1..])));
        var value = typeof(NodeOptions).GetProperty(name)!.GetValue(new NodeOptions());
        return value is bool flag ? flag ? "on" : "off" : Convert.ToString(value, CultureInfo.InvariantCulture)!;
    }

    private static string Other(string setting) => setting switch
    {
        "insecure" or "trust-loopback" => "on",
        "line-port" or "passivate-after" => "77",
        _ => "other",
    };

    [GeneratedRegex("`([^`]*)`")]
    private static partial Regex Literal();
}
