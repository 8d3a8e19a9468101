namespace Cluster.Cli.Output;

/// <summary>How lsipc(1) shows times: --time-format.</summary>
internal enum TimeStyle
{
    /// <summary>09:08 today, Nov24 in this year, 2025-Nov24 otherwise.</summary>
    Short,

    /// <summary>Tue Nov 24 09:08:20 2026: asctime(3).</summary>
    Full,

    /// <summary>2026-11-24T09:08:20+00:00.</summary>
    Iso,
}
