namespace Cluster.Lab.Experiments.Measures;

/// <summary>A time in which calls on an object waited and none was answered.</summary>
/// <param name="Object">Its name in the history.</param>
/// <param name="From">The first of these calls, or the last answer before it; ns.</param>
/// <param name="To">The next answer; ns.</param>
/// <param name="IsHurt">Whether the object was on the node with the fault; null: that is not known, or all nodes had
/// it.</param>
public sealed record Gap(string Object, long From, long To, bool? IsHurt = null)
{
    /// <summary>The length, ms.</summary>
    public double Ms => (To - From) / 1e6;
}
