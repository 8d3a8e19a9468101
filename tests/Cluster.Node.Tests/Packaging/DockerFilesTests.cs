using System.Reflection;
using System.Text.RegularExpressions;
using Cluster.Node.Settings;

namespace Cluster.Node.Tests.Packaging;

/// <summary>The files for Docker agree with each other and with the node; that they work takes an engine.</summary>
public sealed partial class DockerFilesTests
{
    [Theory]
    [InlineData("compose.yaml")]
    [InlineData("compose.host.yaml")]
    [InlineData("Dockerfile")]
    public void Every_variable_is_a_setting(string file)
    {
        var names = Setting().Matches(Read(file))
            .Select(match => match.Groups[1].Value.ToLowerInvariant().Replace('_', '-'));
        Assert.NotEmpty(names);
        Assert.All(names, name => Assert.Contains(name, SettingsFile.Names));
    }

    [Theory]
    [InlineData("compose.yaml")]
    [InlineData("compose.host.yaml")]
    public void The_official_images_are_the_defaults_on_both_sides(string file)
    {
        foreach (var image in (string[])["SDK_IMAGE", "RUNTIME_IMAGE"])
        {
            var name = Regex.Match(Read("Dockerfile"), $"^ARG {image}=(.+)$", RegexOptions.Multiline).Groups[1].Value;
            Assert.NotEqual("", name);
            Assert.Contains($"{image}: ${{{image}:-{name}}}", Read(file), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void One_service_builds_the_image_and_the_others_wait_for_it()
    {
        var sections = Regex.Split(Read("compose.yaml"), @"^(?=  ?\S|\S)", RegexOptions.Multiline);
        Assert.Equal(
            ["node1"],
            sections.Where(section => section.Contains("\n    build:\n", StringComparison.Ordinal))
                .Select(section => section.Trim().Split(':')[0]));
        var shared = Assert.Single(
            Regex.Matches(Read("compose.yaml"), @"^x-node:(?:.*\n)*?(?=^[a-z])", RegexOptions.Multiline));
        Assert.DoesNotContain("build:", shared.Value, StringComparison.Ordinal);
        Assert.Contains("\n  pull_policy: never\n", shared.Value, StringComparison.Ordinal);
        Assert.Contains("\n    node1:\n", shared.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Cluster_of_one_host_is_published_on_loopback_only()
    {
        var ports = Regex.Matches(Read("compose.yaml"), @"^ +- (\S+):\d{4}$", RegexOptions.Multiline)
            .Select(match => match.Groups[1].Value).ToList();
        Assert.Equal(6, ports.Count);
        Assert.All(ports, port => Assert.StartsWith("127.0.0.1:", port, StringComparison.Ordinal));
    }

    private static string Read(string file) => File.ReadAllText(Path.Combine(
        typeof(DockerFilesTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .First(one => one.Key == "Docker").Value!,
        file));

    [GeneratedRegex("IPC_NODE_([A-Z_]+)")]
    private static partial Regex Setting();
}
