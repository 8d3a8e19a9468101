using Cluster.Protocol;

namespace Cluster.Core.Namespaces;

/// <summary>The limits of a namespace. A namespace has its parent's value of a limit until it sets its own.</summary>
public static class NamespaceLimits
{
    /// <summary>Linux's defaults: proc(5), /proc/sys/kernel/msgmax and so on.</summary>
    public static Limits Defaults { get => field.Clone(); } = MakeDefaults();

    /// <summary>The limits that follow from the values of a namespace and its ancestors, the root's first.</summary>
    public static Limits Effective(IEnumerable<IReadOnlyDictionary<string, long>> path)
    {
        var limits = Defaults;
        foreach (var (name, value) in path.SelectMany(own => own)) LimitRow.Find(name)?.Set(limits, value);
        return limits;
    }

    private static Limits MakeDefaults()
    {
        var limits = new Limits();
        foreach (var row in LimitRow.All) row.Set(limits, (long)row.Default);
        return limits;
    }
}
