namespace Cluster.Lab.Histories;

/// <summary>The end of a call, as far as its client knows.</summary>
public enum Outcome
{
    /// <summary>The call has neither a result nor an error yet.</summary>
    Pending = 0,

    /// <summary>The call happened between its invocation and its return.</summary>
    Ok = 1,

    /// <summary>The call did not happen; Errno says why.</summary>
    Refused = 2,

    /// <summary>The client lost its process: the call happens at any time after its invocation, or never.</summary>
    Unknown = 3,
}
