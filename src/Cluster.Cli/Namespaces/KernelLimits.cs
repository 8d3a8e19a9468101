using Cluster.Cli.Kinds;

namespace Cluster.Cli.Namespaces;

/// <summary>The files of /proc/sys about objects, in the order of sysctl -a.</summary>
internal static class KernelLimits
{
    public static IReadOnlyList<KernelFile> Files { get; } =
        [.. CliKinds.All.SelectMany(kind => kind.KernelFiles).OrderBy(file => file.Name, StringComparer.Ordinal)];

    /// <summary>The file with a name such as kernel.msgmax, or msgmax for short; null: there is none.</summary>
    public static KernelFile? Find(string name) =>
        Files.FirstOrDefault(file => file.Name == name || file.Name == $"kernel.{name}");
}
