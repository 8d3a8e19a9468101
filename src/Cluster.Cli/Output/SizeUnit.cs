namespace Cluster.Cli.Output;

/// <summary>How sizes are shown.</summary>
internal enum SizeUnit
{
    /// <summary>The default of ipcs: bytes.</summary>
    Default,

    /// <summary>--bytes.</summary>
    Bytes,

    /// <summary>--human: 0B, 15.8K, 2M.</summary>
    Human,
}
