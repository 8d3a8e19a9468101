namespace Cluster.Protocol;

/// <summary>The paths of FIFOs.</summary>
public static class FifoPath
{
    /// <summary>path_resolution(7): "several slashes in a row are as one".</summary>
    public static string Normalize(string path) =>
        "/" + string.Join('/', path.Split('/', StringSplitOptions.RemoveEmptyEntries));
}
