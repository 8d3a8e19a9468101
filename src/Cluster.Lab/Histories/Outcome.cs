namespace Cluster.Lab.Histories;

/// <summary>How a call ended, as far as its client knows.</summary>
public enum Outcome
{
    /// <summary>It has not: neither a result nor a failure has come.</summary>
    Pending = 0,

    /// <summary>It happened, between its invocation and its return.</summary>
    Ok = 1,

    /// <summary>It did not happen; Errno says why.</summary>
    Refused = 2,

    /// <summary>Its client lost its process: it happened at any time after its invocation, or never does.</summary>
    Unknown = 3,
}
