namespace Cluster.Lab.Checkers;

/// <summary>The bounds of the search, and the grace that the product documents.</summary>
public sealed record LinearizabilityOptions
{
    /// <summary>
    /// The largest number of configurations of one object that are tried. Beyond it the verdict is undecided.
    /// </summary>
    public long Steps { get; init; } = 1_000_000;

    /// <summary>The same bound per call of the object. The larger bound counts.</summary>
    public long StepsPerCall { get; init; } = 100;

    /// <summary>
    /// How long a queue keeps a message for a blocked receiver whose session is lost. A receive that was under way for
    /// this time may have hidden a message from other receives.
    /// </summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(5);
}
