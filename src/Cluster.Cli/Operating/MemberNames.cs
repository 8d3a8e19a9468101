using Cluster.Protocol;

namespace Cluster.Cli.Operating;

/// <summary>
/// How users name nodes: HOST:PORT of remoting, the gateway's URL, or a part that only one of them has.
/// </summary>
internal static class MemberNames
{
    /// <summary>The node that is meant.</summary>
    /// <exception cref="FailedException">None is, or several are.</exception>
    public static MemberView Find(IReadOnlyList<MemberView> members, string name)
    {
        var exact = members.Where(member => member.Address == name || member.Figures?.Gateway == name).ToArray();
        if (exact.Length == 1) return exact[0];
        var alike = members.Where(member => Has(member.Address) || Has(member.Figures?.Gateway ?? "")).ToArray();
        return alike switch
        {
            [var one] => one,
            [] => throw new FailedException($"there is no node '{name}': the nodes are {List(members)}"),
            _ => throw new FailedException($"'{name}' is not one node but {List(alike)}"),
        };

        bool Has(string text) => text.Contains(name, StringComparison.OrdinalIgnoreCase);
    }

    private static string List(IEnumerable<MemberView> members) => string.Join(", ", members.Select(member =>
        member.Figures is { Gateway: var gateway } ? $"{member.Address} ({gateway})" : member.Address));
}
