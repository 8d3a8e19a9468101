namespace Cluster.Lab.Experiments.Measures;

/// <summary>A time in which calls on an object waited, and none was answered.</summary>
/// <param name="Object">Its name in the history.</param>
/// <param name="From">When the first of them was made, or the last answer before; ns.</param>
/// <param name="To">When the next answer came; ns.</param>
/// <param name="IsHurt">The object was on the node that was hurt; null: that is not known, or all were.</param>
public sealed record Gap(string Object, long From, long To, bool? IsHurt = null)
{
    /// <summary>How long, ms.</summary>
    public double Ms => (To - From) / 1e6;
}
