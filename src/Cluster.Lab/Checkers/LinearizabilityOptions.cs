namespace Cluster.Lab.Checkers;

/// <summary>How long to search, and what the product documents as its deviation.</summary>
public sealed record LinearizabilityOptions
{
    /// <summary>Configurations of one object that are looked at before it is undecided.</summary>
    public long Steps { get; init; } = 1_000_000;

    /// <summary>The same for each of its calls, if that is more.</summary>
    public long StepsPerCall { get; init; } = 100;

    /// <summary>
    /// How long a message is kept for a blocked receiver whose session was lost; a receive that was under way for so
    /// long may have hidden one from the others for a while.
    /// </summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(5);
}
