namespace Cluster.Cli.Output;

/// <summary>The table that ipcs(1) shows.</summary>
internal enum Layout
{
    /// <summary>Without an output option.</summary>
    Default,

    /// <summary>-t.</summary>
    Times,

    /// <summary>-p.</summary>
    Pids,

    /// <summary>-c.</summary>
    Creators,
}
